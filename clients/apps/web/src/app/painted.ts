/** So long a page that is not drawn at all (in the background, say) is waited for. */
const PATIENCE_MS = 300;

/** Resolves when the browser has painted what the page shows now; what is not seen does not stand in the way of what is. */
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, document.visibilityState === 'visible' ? PATIENCE_MS : 0);
    requestAnimationFrame(() =>
      // The task after the frame: it has been painted by then.
      setTimeout(() => {
        clearTimeout(timer);
        resolve();
      }),
    );
  });
}
