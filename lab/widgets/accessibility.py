"""Controls for the keyboard and for screen readers: a script in the page adds what ipywidgets and Jupyter leave out.

ipywidgets writes a slider's label beside it, where only those who see can connect the two. Jupyter takes the arrow keys
for its cells even while a control has the focus: JupyterLab those of drop-downs, Jupyter Notebook 7, which handles keys
before the page does, those of sliders as well.
"""

# Widgets come a moment after the script runs, and come again, so an observer names them. One serves the whole page.
SCRIPT = """
window.courseNames ??= new MutationObserver(() => {
    document.querySelectorAll('.widget-slider [role=slider]:not([aria-label])').forEach(handle => {
        const label = handle.closest('.widget-slider').querySelector('.widget-label')?.textContent;
        if (label) handle.setAttribute('aria-label', label);
    });
    document.querySelectorAll('.widget-interact .widget-text input[title]:not([aria-label])').forEach(
        field => field.setAttribute('aria-label', field.title));
});
window.courseNames.observe(document.body, { childList: true, subtree: true });

// Jupyter's shortcuts are handled on the document; this comes before, and marks the control itself as their exception.
// Shift+Enter and shortcuts with Ctrl, Alt or Cmd go on working.
window.courseKeys ??= window.addEventListener('keydown', event => {
    if (!event.target.closest?.('.widget-interact')) return;
    const shortcut = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key === 'Enter');
    event.target.toggleAttribute('data-lm-suppress-shortcuts', !shortcut);
}, true) ?? true;
"""


def accessible_controls() -> dict[str, str]:
    """Return the bundle of an output that shows nothing and makes the controls of its cell accessible."""
    return {"application/javascript": SCRIPT, "text/plain": ""}
