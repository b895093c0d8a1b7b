// What a finger does, as the screen tells it to the browser: the taps of playwright are too quick to hold and too still to swipe.

/** A screen that only fingers touch. */
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Longer than any press that is not meant to be held. */
const HELD_MS = 900;
const STEPS = 8;
const RESTED_MS = 150;

async function middleOf(locator) {
  await locator.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await locator.boundingBox();
  return { x: x + width / 2, y: y + height / 2 };
}

async function touching(page, work) {
  const devtools = await page.context().newCDPSession(page);
  const tell = (type, ...touchPoints) => devtools.send('Input.dispatchTouchEvent', { type, touchPoints });
  try {
    await work(tell);
  } finally {
    await devtools.detach();
  }
}

/** Lays a finger on it until something happens, or for long. */
export async function hold(page, locator) {
  const at = await middleOf(locator);
  await touching(page, async (tell) => {
    await tell('touchStart', at);
    await page.waitForTimeout(HELD_MS);
    await tell('touchEnd');
  });
}

/** Draws a finger over it, so far to the right (or left). */
export async function swipe(page, locator, pixels) {
  const { x, y } = await middleOf(locator);
  await touching(page, async (tell) => {
    await tell('touchStart', { x, y });
    for (let step = 1; step <= STEPS; step += 1) await tell('touchMove', { x: x + (pixels * step) / STEPS, y });
    // It comes to rest before it is lifted: a flung page would take the next tap for the wish to stop.
    await page.waitForTimeout(RESTED_MS);
    await tell('touchMove', { x: x + pixels, y });
    await tell('touchEnd');
  });
}
