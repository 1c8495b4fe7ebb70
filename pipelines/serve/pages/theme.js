'use strict';
// Before anything is drawn, so that no page flashes in the other theme.
(() => {
  let theme = null;
  try { theme = localStorage.getItem('theme'); } catch { /* storage is off: as the system */ }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();
