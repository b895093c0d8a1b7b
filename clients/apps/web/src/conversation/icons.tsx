// Signs that take the colour of the text around them. They say nothing by themselves: a text or a label does.

import type { ReactNode } from 'react';

function icon(shape: ReactNode, { viewBox = '0 0 24 24', isDirected = false } = {}) {
  return function Icon({ size = 20 }: { size?: number }) {
    return (
      <svg
        width={(size * Number(viewBox.split(' ')[2])) / Number(viewBox.split(' ')[3])}
        height={size}
        viewBox={viewBox}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
        data-directed={isDirected || undefined}
      >
        {shape}
      </svg>
    );
  };
}

export const ReplyIcon = icon(<path d="M10 6 4 12l6 6M4.5 12H14a6 6 0 0 1 6 6v1" />, { isDirected: true });
export const ForwardIcon = icon(<path d="m14 6 6 6-6 6M19.5 12H10a6 6 0 0 0-6 6v1" />, { isDirected: true });
export const SmileIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M8.5 14.5a4.2 4.2 0 0 0 7 0M9 9.7v.1M15 9.7v.1" />
  </>,
);
export const MoreIcon = icon(<path d="M6 12h.01M12 12h.01M18 12h.01" strokeWidth="2.6" />);
export const EditIcon = icon(<path d="m5 19 1-4L16.5 4.5l3 3L9 18l-4 1ZM14.5 6.5l3 3" />);
export const DeleteIcon = icon(<path d="M5 7h14M10 4h4M7 7l.8 12h8.4L17 7M10.5 10.5v5M13.5 10.5v5" />);
export const CopyIcon = icon(<path d="M9 9h10v11H9zM15 9V4H5v11h4" />);
export const PinIcon = icon(<path d="m14.5 4 5.5 5.5-3 1-3.5 3.5-.5 4-6-6 4-.5L14 8l.5-4ZM9.5 14.5 4 20" />);
export const InfoIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 11v5M12 8v.1" />
  </>,
);
export const SendIcon = icon(<path d="M5 5.5 20 12 5 18.5 7 12 5 5.5ZM7 12h7" />, { isDirected: true });
export const CloseIcon = icon(<path d="m6 6 12 12M18 6 6 18" />);
export const DownIcon = icon(<path d="m6 10 6 6 6-6" />);
export const RetryIcon = icon(<path d="M19 12a7 7 0 1 1-2-4.9M19 4v4h-4" />);
export const PlaceIcon = icon(
  <>
    <path d="M12 21s7-6.2 7-11a7 7 0 1 0-14 0c0 4.8 7 11 7 11Z" />
    <circle cx="12" cy="10" r="2.5" />
  </>,
);
export const PersonIcon = icon(
  <>
    <circle cx="12" cy="8.5" r="3.5" />
    <path d="M5 19.500a7 7 0 0 1 14 0" />
  </>,
);

const WIDE = { viewBox: '0 0 24 16' };
export const ClockIcon = icon(
  <>
    <circle cx="12" cy="8" r="6" />
    <path d="M12 5v3l2 1.5" />
  </>,
  WIDE,
);
export const TickIcon = icon(<path d="m7 8 3.5 3.500L17 4.5" />, WIDE);
/** Upon a line: on solid ground. */
export const GroundedTickIcon = icon(<path d="m7 6.5 3.5 3.500L17 3M7 14h10" />, WIDE);
export const TicksIcon = icon(<path d="m3 8 3.5 3.500L13 4.500M11.5 10.500l1.5 1L19.5 4.5" />, WIDE);
export const FailedIcon = icon(
  <>
    <circle cx="12" cy="8" r="6" />
    <path d="M12 5v3.500M12 10.900v.1" />
  </>,
  WIDE,
);
