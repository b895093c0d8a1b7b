// A click on a notice: the client comes to the front, at what the notice was about.

/** What a notice carries, and what the window is told that it brings to the front. */
export interface Notice {
  /** Like `/c/…`. */
  address: string;
}

/** As much as is needed of a window of the client. */
export interface Window {
  visibilityState: string;
  focus(): Promise<unknown>;
  postMessage(notice: Notice): void;
}

/** The window that somebody sees, or any other one, or a new one. `windows` are in the order in which they were looked at last. */
export async function openFrom<W extends Window>(notice: Notice, windows: readonly W[], openAnew: (address: string) => Promise<unknown>): Promise<void> {
  const chosen = windows.find(({ visibilityState }) => visibilityState === 'visible') ?? windows[0];
  if (!chosen) return void (await openAnew(notice.address));
  chosen.postMessage(notice);
  await chosen.focus();
}
