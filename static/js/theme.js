// Night colours at the counter, set before anything is painted. The choice stays on this device.
(function () {
  "use strict";
  if (window.localStorage.getItem("theme") === "dark") document.documentElement.dataset.theme = "dark";
})();
