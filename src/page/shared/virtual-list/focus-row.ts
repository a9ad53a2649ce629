/**
 * Gives the focus to the link of a row: at once where the row is in the document, so that the next key finds it there, else once it is drawn.
 *
 * @param row a selector
 */
export function focusRow(scroller: Element, row: string): void {
  const link = () => scroller.querySelector<HTMLElement>(`${row} a`);
  const drawn = link();
  if (drawn !== null) drawn.focus();
  else requestAnimationFrame(() => link()?.focus());
}
