"""Sliders that a screen reader can name: ipywidgets writes a slider's label beside it, and tells only those who see."""

# Runs in the page. `element` is the place of this output, put there a moment later, as are the sliders of its cell.
NAME_SLIDERS = """
const name = cell => cell.querySelectorAll('.widget-slider').forEach(slider => {
    const label = slider.querySelector('.widget-label')?.textContent;
    slider.querySelectorAll('[role=slider]:not([aria-label])').forEach(
        handle => label && handle.setAttribute('aria-label', label));
});
const begin = () => {
    if (!element.isConnected) return setTimeout(begin, 100);
    const cell = element.closest('.jp-Cell') ?? document.body;
    new MutationObserver(() => name(cell)).observe(cell, { childList: true, subtree: true });
    name(cell);
};
begin();
"""


def names_of_sliders() -> dict[str, str]:
    """Return the bundle of an output that shows nothing and names the sliders of its cell."""
    return {"application/javascript": NAME_SLIDERS, "text/plain": ""}
