// Before the first paint, so that nothing flashes; what it reads is written by shell/settings.ts.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "system";
