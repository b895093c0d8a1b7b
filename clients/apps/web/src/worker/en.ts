export default {
  'update.ready': 'A new version is ready.',
  'update.take': 'Update',
  'update.later': 'Later',
};
