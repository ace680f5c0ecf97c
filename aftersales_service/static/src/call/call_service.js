/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

export const NEW_CALL_HOTKEY = "alt+shift+c";

/**
 * Whoever takes calls opens the form for one from everywhere, by a key or the command
 * palette. The menus that came with the page say who that is: it costs no request.
 */
export const callService = {
    dependencies: ["action", "command", "menu"],
    start(env, { action, command, menu }) {
        command.add(
            _t("New Call"),
            () => action.doAction("aftersales_service.aftersales_call_action"),
            {
                category: "smart_action",
                global: true,
                hotkey: NEW_CALL_HOTKEY,
                hotkeyOptions: { bypassEditableProtection: true },
                isAvailable: () =>
                    menu
                        .getAll()
                        .some((item) => item.xmlid === "aftersales_service.aftersales_call_menu"),
            }
        );
    },
};

registry.category("services").add("aftersales_call", callService);
