/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */

const MAX_SIDE = 1600;
const QUALITY = 0.82;

/**
 * Make a picture of the camera small enough for a weak network.
 *
 * @param {File} file
 * @returns {Promise<string>} data URL of a JPEG, no side longer than 1600 pixels
 */
export async function shrinkPicture(file) {
    const url = URL.createObjectURL(file);
    try {
        const image = new Image();
        await new Promise((resolve, reject) => {
            image.onload = resolve;
            image.onerror = () => reject(new Error("not a picture"));
            image.src = url;
        });
        const scale = Math.min(1, MAX_SIDE / Math.max(image.width, image.height));
        const canvas = document.createElement("canvas");
        canvas.width = Math.max(1, Math.round(image.width * scale));
        canvas.height = Math.max(1, Math.round(image.height * scale));
        const context = canvas.getContext("2d");
        context.fillStyle = "white";
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.drawImage(image, 0, 0, canvas.width, canvas.height);
        return canvas.toDataURL("image/jpeg", QUALITY);
    } finally {
        URL.revokeObjectURL(url);
    }
}
