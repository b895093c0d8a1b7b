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
 * Notes from now on, frame by frame, where the rows stand: how far a row that stays in sight moved without being scrolled, and the most rows
 * that there were.
 */
export async function watchRows(page) {
  await page.evaluate(() => {
    const list = document.querySelector('#messages');
    const seen = { jump: 0, rows: 0 };
    let before = { places: new Map(), scrolled: list.scrollTop };
    const look = () => {
      const rows = [...list.querySelectorAll('[data-message]')];
      seen.rows = Math.max(seen.rows, rows.length);
      const { top, bottom } = list.getBoundingClientRect();
      const places = new Map();
      for (const row of rows) {
        const box = row.getBoundingClientRect();
        if (box.bottom > top && box.top < bottom) places.set(row.dataset.message, box.top);
      }
      // Rows that all move as one are scrolled; a row that moves against the others has jumped.
      const moves = [...places].filter(([key]) => before.places.has(key)).map(([key, place]) => place - before.places.get(key));
      if (moves.length > 1) {
        const middle = moves.toSorted((one, other) => one - other)[moves.length >> 1];
        seen.jump = Math.max(seen.jump, ...moves.map((move) => Math.abs(move - middle)));
      }
      before = { places };
      requestAnimationFrame(look);
    };
    look();
    globalThis.seenRows = () => seen;
  });
}

export const seenRows = (page) => page.evaluate(() => globalThis.seenRows());

/** Where a message stands in the window. */
export async function placeOf(message) {
  const box = await message.boundingBox();
  return box && Math.round(box.y);
}
