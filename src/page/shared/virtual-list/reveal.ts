/** Scrolls no further than it takes to have all in view from one place to another, in pixels from the top of what scrolls. */
export function reveal(element: Element, top: number, bottom: number): void {
  if (top < element.scrollTop) element.scrollTop = top;
  else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
}
