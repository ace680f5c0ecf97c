/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */

/**
 * Draw two strokes on a canvas, as a finger does.
 *
 * @param {HTMLCanvasElement} canvas
 */
export function drawSignature(canvas) {
    const box = canvas.getBoundingClientRect();
    const touch = (type, x, y) =>
        canvas.dispatchEvent(
            new PointerEvent(type, {
                bubbles: true,
                cancelable: true,
                button: 0,
                buttons: type === "pointerup" ? 0 : 1,
                pointerId: 1,
                pointerType: "touch",
                isPrimary: true,
                pressure: 0.5,
                clientX: box.left + box.width * x,
                clientY: box.top + box.height * y,
            })
        );
    for (const [from, to] of [
        [0.2, 0.5],
        [0.5, 0.8],
    ]) {
        touch("pointerdown", from, 0.3);
        touch("pointermove", (from + to) / 2, 0.7);
        touch("pointermove", to, 0.4);
        touch("pointerup", to, 0.4);
    }
}
