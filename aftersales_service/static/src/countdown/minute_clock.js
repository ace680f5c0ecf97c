/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { browser } from "@web/core/browser/browser";

import { onMounted, onWillUnmount, reactive, useState } from "@odoo/owl";

const { DateTime } = luxon;

const MINUTE = 60_000;
const SECOND = 1_000;

/** The time that all countdowns of the page read: one timer, whatever the number of rows. */
const minuteClock = reactive({ now: DateTime.now() });
let readers = 0;
let timer = null;

function tick() {
    browser.clearTimeout(timer);
    minuteClock.now = DateTime.now();
    timer = browser.setTimeout(tick, MINUTE - (minuteClock.now.toMillis() % MINUTE));
}

/** Timers of hidden pages are held back by the browser: catch up when it is seen again. */
function onVisibilityChange() {
    if (!document.hidden) {
        tick();
    }
}

/**
 * Let a component be rendered anew at each full minute.
 *
 * @returns {{ now: import("luxon").DateTime }} reactive
 */
export function useMinuteClock() {
    const isOld = Math.abs(DateTime.now().diff(minuteClock.now).toMillis()) > SECOND;
    if (!readers && isOld) {
        minuteClock.now = DateTime.now();
    }
    onMounted(() => {
        readers++;
        if (readers === 1) {
            tick();
            document.addEventListener("visibilitychange", onVisibilityChange);
        }
    });
    onWillUnmount(() => {
        readers--;
        if (!readers) {
            browser.clearTimeout(timer);
            document.removeEventListener("visibilitychange", onVisibilityChange);
        }
    });
    return useState(minuteClock);
}
