// Theme, text size, language and direction as they were chosen, before anything is painted. See src/app/look.ts.
(function () {
  var root = document.documentElement;
  var look = {};
  try {
    look = JSON.parse(localStorage.getItem('rialto.look')) || {};
  } catch {}
  var isDark = look.theme === 'dark' || (look.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = isDark ? 'dark' : 'light';
  root.dataset.text = look.textSize || 'normal';
  if (look.language) root.lang = look.language;
  if (look.direction) root.dir = look.direction;
})();
