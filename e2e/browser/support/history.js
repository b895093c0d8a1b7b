// What a page showed over a while, noted from inside at every change.

/** From now on notes every mark that a message of one's own shows. */
export async function watchMarks(page) {
  await page.evaluate(() => {
    const marks = new Map();
    const note = () => {
      for (const row of document.querySelectorAll('[data-message][data-mine]')) {
        const shown = marks.get(row.dataset.message) ?? [];
        if (row.dataset.mark && shown.at(-1) !== row.dataset.mark) shown.push(row.dataset.mark);
        marks.set(row.dataset.message, shown);
      }
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-mark'] });
    globalThis.shownMarks = () => [...marks.values()];
    note();
  });
}

/** For every message since `watchMarks`: the marks it showed, in order. */
export const shownMarks = (page) => page.evaluate(() => globalThis.shownMarks());

/**
 * Notes from now on, frame by frame, where the rows stand while the wheel turns upwards: how far a row that stays in sight moved against the
 * others, or all of them against the wheel; and the most rows that there were.
 */
export async function watchRows(page) {
  await page.evaluate(() => {
    const list = document.querySelector('#messages');
    const seen = { jump: 0, rows: 0 };
    let before = new Map();
    const look = (places) => {
      const moves = [...places].filter(([key]) => before.has(key)).map(([key, place]) => place - before.get(key)).toSorted((one, other) => one - other);
      if (moves.length > 0) {
        const middle = moves[moves.length >> 1];
        seen.jump = Math.max(seen.jump, middle - moves[0], moves.at(-1) - middle, -middle);
      }
      before = places;
    };
    // Between a frame's callbacks and its paint, rows that are new are measured and put into their places. What an observer of
    // intersections tells first is where things stand after that, as painted. Observers are heard late: in another order than
    // the frames', and of a later frame too.
    const told = new Map();
    let frames = 0;
    let looked = 0;
    const next = () => {
      const frame = frames++;
      const rows = [...list.querySelectorAll('[data-message]')];
      seen.rows = Math.max(seen.rows, rows.length);
      const painted = new IntersectionObserver(
        (entries) => {
          painted.disconnect();
          const inFrame = entries.filter(({ time, isIntersecting }) => isIntersecting && time === entries[0].time);
          told.set(frame, new Map(inFrame.map(({ target, boundingClientRect }) => [target.dataset.message, boundingClientRect.top])));
          for (; told.has(looked); looked += 1) {
            look(told.get(looked));
            told.delete(looked);
          }
        },
        { root: list },
      );
      for (const row of rows) painted.observe(row);
      requestAnimationFrame(next);
    };
    next();
    globalThis.seenRows = () => seen;
  });
}

export const seenRows = (page) => page.evaluate(() => globalThis.seenRows());

/** Where a message stands in the window. */
export async function placeOf(message) {
  const box = await message.boundingBox();
  return box && Math.round(box.y);
}
