/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { registry } from "@web/core/registry";
import { formatPercentage } from "@web/views/fields/formatters";

/**
 * A share in percent; nothing where there is nothing to share.
 *
 * A month in which no promise was kept or broken yet is not a month of broken promises.
 *
 * @param {number | false | null} value
 * @param {Object} [options] as of `formatPercentage`
 * @returns {string}
 */
export function formatRate(value, options = {}) {
    const isNumber = typeof value === "number";
    return isNumber ? formatPercentage(value, { ...options, digits: [16, 1] }) : "";
}

registry.category("formatters").add("aftersales_rate", formatRate);
