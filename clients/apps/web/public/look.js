// Theme, text size, language and direction as they were chosen, before anything is painted (see src/app/look.ts); and what the page will
// need first is fetched beside the client itself, which would find out later (see src/app/parts.ts). The build names the files.
(function () {
  var root = document.documentElement;
  var look = {};
  var isBack = false;
  try {
    look = JSON.parse(localStorage.getItem('rialto.look')) || {};
    isBack = localStorage.getItem('rialto.signedIn') !== null;
  } catch {}
  var isDark = look.theme === 'dark' || (look.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = isDark ? 'dark' : 'light';
  root.dataset.text = look.textSize || 'normal';
  if (look.language) root.lang = look.language;
  if (look.direction) root.dir = look.direction;

  var names = document.currentScript.dataset;
  var first = isBack ? [names.shell, location.pathname.startsWith('/c/') && names.conversation] : [names.door];
  new Set(first.filter(Boolean).join(' ').split(' ').filter(Boolean)).forEach(function (file) {
    var link = document.createElement('link');
    var isStyle = file.endsWith('.css');
    link.rel = isStyle ? 'preload' : 'modulepreload';
    if (isStyle) link.as = 'style';
    link.crossOrigin = '';
    link.href = file;
    document.head.append(link);
  });
})();
