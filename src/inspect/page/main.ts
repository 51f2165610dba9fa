import { Page } from './Page.js';

const KEY = 'token';

/** From the address, out of which it is taken at once; else what this tab had before it was loaded anew. */
function takeToken(): string | null {
  const given = location.hash.slice(1);
  if (given === '') return stored();
  history.replaceState(null, '', location.pathname);
  try {
    sessionStorage.setItem(KEY, given);
  } catch {
    // Then it is asked for again when the page is loaded anew.
  }
  return given;
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

const page = new Page();
page.open(takeToken());
window.addEventListener('hashchange', () => {
  if (location.hash !== '') page.open(takeToken());
});
