/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { browser } from "@web/core/browser/browser";

const PATIENCE = 4_000;

/**
 * Ask the phone where it is, without keeping anybody waiting.
 *
 * @returns {Promise<{latitude: number, longitude: number}|null>}
 */
export function currentPosition() {
    const { geolocation } = browser.navigator;
    if (!geolocation) {
        return Promise.resolve(null);
    }
    return new Promise((resolve) => {
        browser.setTimeout(() => resolve(null), PATIENCE);
        geolocation.getCurrentPosition(
            ({ coords: { latitude, longitude } }) => resolve({ latitude, longitude }),
            () => resolve(null),
            { maximumAge: 60_000, timeout: PATIENCE }
        );
    });
}
