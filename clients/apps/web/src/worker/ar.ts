export default {
  'update.ready': 'إصدار جديد جاهز.',
  'update.take': 'تحديث',
  'update.later': 'لاحقًا',
};
