// Icons, drawn as strokes on a grid of 24. They take the text's colour and say nothing: what they mean is written beside them.

const PATHS = {
  add: 'M12 5v14M5 12h14',
  archive: 'M4 7h16v3H4zM6 10v9h12v-9M10 14h4',
  back: 'M15 5l-7 7 7 7',
  bell: 'M6 17v-6a6 6 0 0 1 12 0v6l2 2H4zM10 21h4',
  bellOff: 'M6 17v-6a6 6 0 0 1 9-5.2M18 11v6l2 2H8M4 4l16 16M10 21h4',
  block: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM6 6l12 12',
  broadcast: 'M4 10v4h4l9 5V5l-9 5zM20 9v6',
  chats: 'M4 5h16v11H10l-5 4v-4H4z',
  check: 'M5 12l5 5 9-10',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h11v11H9zM5 15V4h11',
  device: 'M4 5h16v11H4zM9 20h6M12 16v4',
  edit: 'M5 19l1-4L16 5l3 3L9 18zM14 7l3 3',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  group: 'M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2 20c0-4 3-6 7-6s7 2 7 6M16 5.5a3.5 3.5 0 0 1 0 6.5M18 14.5c3 .7 4 2.5 4 5.5',
  help: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.500a2.5 2.5 0 1 1 3.5 2.300c-.8.4-1 .9-1 1.700M12 17v.1',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v6M12 7v.1',
  keyboard: 'M3 6h18v12H3zM7 10h.1M11 10h.1M15 10h.1M17 14h.1M7 14h.1M10 14h4',
  leave: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  lock: 'M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3',
  more: 'M12 5.500v.1M12 12v.1M12 18.500v.1',
  pin: 'M9 4h6l-1 6 3 3H7l3-3zM12 13v7',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c0-5 4-7 8-7s8 2 8 7',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 4.500a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 14.500a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.500M17.5 17.500L19 19M19 5l-1.5 1.500M6.5 17.500L5 19',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13',
  unread: 'M4 5h16v11H10l-5 4v-4H4zM12 8v5',
} as const;

export type IconName = keyof typeof PATHS;

/** Those that point somewhere point the other way where one reads from the right. */
const DIRECTED: ReadonlySet<IconName> = new Set(['back', 'leave', 'broadcast']);

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'more' ? 3 : 1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      data-directed={DIRECTED.has(name) || undefined}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
