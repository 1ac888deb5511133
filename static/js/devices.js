// The live picture: asks for the next one when the last has come, while the page is looked at.
(function () {
  "use strict";

  const PAUSE_MS = 400;
  const picture = document.getElementById("camera-picture");
  const none = document.getElementById("camera-none");
  let count = 0;

  function next() {
    if (document.hidden) {
      window.setTimeout(next, PAUSE_MS);
      return;
    }
    count += 1;
    const loading = new Image();
    const done = (there) => {
      if (there) picture.src = loading.src;
      picture.hidden = !there;
      none.hidden = there;
      window.setTimeout(next, PAUSE_MS);
    };
    loading.onload = () => done(true);
    loading.onerror = () => done(false);
    loading.src = `${picture.dataset.picture}?n=${count}`;
  }
  if (picture) next();
})();
