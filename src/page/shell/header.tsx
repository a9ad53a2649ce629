import { useEffect, useRef } from "preact/hooks";
import { address, go, hrefOf } from "../address/address.ts";
import { waitingCount } from "../data/waiting-count.ts";
import { useActions } from "../keys/keys.ts";
import { nextTheme, nextTime, theme, timeSetting } from "../settings.ts";
import { zoneName } from "../shared/time/format.ts";
import { VIEWS } from "../views.ts";
import { LiveButton } from "./live-button.tsx";
import { openSearch } from "./search.tsx";

/** The line at the top: where one can go, and how things are shown. */
export function Header() {
  const listed = VIEWS.flatMap(({ path, navigation }) => (navigation === undefined ? [] : [{ path, ...navigation }]));
  useActions([
    ...listed.map(({ path, label, key }) => ({ key: `g ${key}`, name: `Go to ${label}`, run: () => go(path) })),
    { key: null, name: "Change the theme", run: nextTheme },
    { key: null, name: "Change how times are shown", run: nextTime },
  ]);
  const navigation = useRef<HTMLElement>(null);
  const { path: current } = address.value;
  // On a phone they do not all have room.
  useEffect(() => {
    navigation.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [current]);
  return (
    <header class="header">
      <a class="brand" href={hrefOf("/")}>
        <BrandMark />
        <span class="brand-name">workflows</span>
      </a>
      <nav aria-label="Views" class="navigation" ref={navigation}>
        {listed.map(({ path, label }) => (
          <a key={path} href={hrefOf(path)} aria-current={isWithin(path) ? "page" : undefined}>
            {label}
            {path === "/waiting" && <WaitingCount />}
          </a>
        ))}
      </nav>
      <div class="header-tools">
        <button type="button" class="search-button" onClick={openSearch} aria-keyshortcuts="Control+K Meta+K">
          <SearchMark />
          <span class="search-button-text">Search</span> <kbd>{isMac ? "⌘K" : "Ctrl K"}</kbd>
        </button>
        <button type="button" class="quiet" onClick={nextTheme} title={`Theme: ${theme.value}`}>
          <ThemeMark />
          <span class="sr-only">Theme: {theme.value}</span>
        </button>
        <button type="button" class="quiet zone" onClick={nextTime} title={`Times: ${zoneName()}`}>
          <span class="sr-only">Times: </span>
          {timeSetting.value === "local" ? "Local" : zoneName()}
        </button>
        <LiveButton />
      </div>
    </header>
  );
}

function WaitingCount() {
  if (waitingCount.value === null) return null;
  return (
    <span class="navigation-count number">
      <span class="sr-only">, </span>
      {waitingCount.value}
    </span>
  );
}

const isMac = navigator.userAgent.includes("Mac");

function isWithin(path: string): boolean {
  const { path: current } = address.value;
  return path === "/" ? current === "/" : current === path || current.startsWith(`${path}/`);
}

function BrandMark() {
  return (
    <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" class="brand-mark">
      <rect width="32" height="32" rx="7" fill="currentColor" />
      <path d="M8 10h7a3 3 0 0 1 3 3v6a3 3 0 0 0 3 3h3" class="brand-line" />
      <circle cx="8" cy="10" r="3.2" class="brand-dot" />
      <circle cx="24" cy="22" r="3.2" class="brand-dot" />
    </svg>
  );
}

function SearchMark() {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d="M11 7a4.2 4.2 0 1 1-8.4 0a4.2 4.2 0 0 1 8.4 0M10 10.2l3.6 3.4" class="search-mark" />
    </svg>
  );
}

function ThemeMark() {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" stroke-width="1.5" />
      <path d="M8 2.4a5.6 5.6 0 0 1 0 11.2z" fill="currentColor" />
    </svg>
  );
}
