/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { formatRate } from "@aftersales_service/rate/rate_formatter";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { makeMockEnv } from "@web/../tests/web_test_helpers";

defineMailModels();

test("a share in percent, and nothing where there is nothing to share", async () => {
    await makeMockEnv();
    expect(formatRate(0.8824)).toBe("88.2%");
    expect(formatRate(1)).toBe("100%");
    expect(formatRate(0)).toBe("0%");
    expect(formatRate(false)).toBe("");
    expect(formatRate(null)).toBe("");
});
