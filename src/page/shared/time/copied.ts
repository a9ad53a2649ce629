/** A time that is copied is ISO 8601, however it is shown: what is pasted elsewhere has to be read there. */
export function startCopiedTimes(): void {
  document.addEventListener("copy", (event) => {
    const selection = getSelection();
    if (selection === null || selection.rangeCount === 0 || event.clipboardData === null) return;
    const time = timeIn(selection.getRangeAt(0));
    if (time === null) return;
    event.clipboardData.setData("text/plain", time.dateTime);
    event.preventDefault();
  });
}

/** The time that is all of what is chosen, or of which a part is; null of anything else. */
function timeIn(range: Range): HTMLTimeElement | null {
  const { commonAncestorContainer: around } = range;
  const within = (around instanceof Element ? around : around.parentElement)?.closest("time");
  if (within != null) return within;
  const chosen = range.cloneContents();
  const [only, other] = chosen.querySelectorAll("time");
  return only !== undefined && other === undefined && only.textContent === chosen.textContent.trim() ? only : null;
}
