"""A script that makes the controls work with a keyboard and a screen reader.

ipywidgets does not connect a slider with its label. Jupyter uses the arrow keys to move between cells, even while some
controls have the focus: a drop-down in JupyterLab, and a drop-down or a slider in Jupyter Notebook 7.
"""

# Widgets appear after the script has run, and may be replaced, so an observer labels them. One observer is enough.
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

// Jupyter handles shortcuts on the document. This runs before and excludes the control from them.
// Shift+Enter and shortcuts with Ctrl, Alt or Cmd still work.
window.courseKeys ??= window.addEventListener('keydown', event => {
    if (!event.target.closest?.('.widget-interact')) return;
    const shortcut = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key === 'Enter');
    event.target.toggleAttribute('data-lm-suppress-shortcuts', !shortcut);
}, true) ?? true;
"""


def accessible_controls() -> dict[str, str]:
    """Return the data of an output that shows nothing and makes the controls accessible."""
    return {"application/javascript": SCRIPT, "text/plain": ""}
