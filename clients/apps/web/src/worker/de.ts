export default {
  'update.ready': 'Eine neue Version ist bereit.',
  'update.take': 'Aktualisieren',
  'update.later': 'Später',
};
