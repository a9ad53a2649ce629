/** The mark of what sleeps until a time. */
export function Moon() {
  return (
    <svg class="moon" viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
      <path d="M10.5 2.2a6 6 0 1 0 3.6 8.3A5 5 0 0 1 10.5 2.2z" fill="currentColor" />
    </svg>
  );
}
