/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";

/**
 * Say how far away a deadline is, to the minute.
 *
 * Whole sentences, because languages order their words differently.
 *
 * @param {import("luxon").DateTime} deadline
 * @param {import("luxon").DateTime} now
 * @returns {string}
 */
export function countdownText(deadline, now) {
    return deadline < now ? lateText(deadline, now) : leftText(deadline, now);
}

function leftText(deadline, now) {
    const { days, hours, minutes } = split(now, deadline);
    if (days) {
        return hours
            ? _t("in %(days)s d %(hours)s h", { days, hours })
            : _t("in %(days)s d", { days });
    }
    if (hours) {
        return minutes
            ? _t("in %(hours)s h %(minutes)s min", { hours, minutes })
            : _t("in %(hours)s h", { hours });
    }
    return minutes ? _t("in %(minutes)s min", { minutes }) : _t("in less than 1 min");
}

function lateText(deadline, now) {
    const { days, hours, minutes } = split(deadline, now);
    if (days) {
        return hours
            ? _t("late by %(days)s d %(hours)s h", { days, hours })
            : _t("late by %(days)s d", { days });
    }
    if (hours) {
        return minutes
            ? _t("late by %(hours)s h %(minutes)s min", { hours, minutes })
            : _t("late by %(hours)s h", { hours });
    }
    return minutes ? _t("late by %(minutes)s min", { minutes }) : _t("late by less than 1 min");
}

/** Full days of 24 hours, hours and minutes between two moments; what is left over is dropped. */
function split(from, to) {
    const total = Math.floor(to.diff(from).as("minutes"));
    return {
        days: Math.floor(total / 1440),
        hours: Math.floor((total % 1440) / 60),
        minutes: total % 60,
    };
}

/**
 * Say a moment in the reader's language and time zone, with its weekday.
 *
 * @param {import("luxon").DateTime} moment
 * @returns {string}
 */
export function momentText(moment) {
    return moment.toLocaleString(luxon.DateTime.DATETIME_MED_WITH_WEEKDAY);
}
