/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { click, fill, press, waitFor } from "@odoo/hoot-dom";
import { registry } from "@web/core/registry";

/** Keys that do nothing alone: with another one they are one press. */
const MODIFIERS = new Set(["Alt", "AltGraph", "Control", "Meta", "Shift"]);

/**
 * Counts what a hand does, from the events that reach the page: a tour can't hide
 * any, and what the client does by itself (it clicks a button whose key was pressed)
 * has no pointer that went down.
 */
class Effort {
    start() {
        Object.assign(this, { clicks: 0, keys: 0, text: 0 });
        this.listeners = {
            pointerdown: () => this.clicks++,
            drop: () => this.clicks++,
            keydown: (ev) => this.onKeydown(ev),
        };
        this.toggle("addEventListener");
    }

    stop() {
        this.toggle("removeEventListener");
    }

    toggle(method) {
        for (const [type, listener] of Object.entries(this.listeners)) {
            window[method](type, listener, { capture: true });
        }
    }

    onKeydown(ev) {
        if (MODIFIERS.has(ev.key)) {
            return;
        }
        const isSign = ev.key.length === 1 && !ev.altKey && !ev.ctrlKey && !ev.metaKey;
        if (isSign && this.takesText(ev.target)) {
            this.text++;
        } else {
            this.keys++;
        }
    }

    /**
     * @param {string} what was done
     * @param {{clicks: number, keys: number, text: number}} declared
     * @throws {Error} when it took another effort
     */
    check(what, declared) {
        for (const [kind, count] of Object.entries(declared)) {
            if (this[kind] !== count) {
                const { clicks, keys, text } = this;
                throw new Error(
                    `${what} took { clicks: ${clicks}, keys: ${keys}, text: ${text} }`
                );
            }
        }
    }

    takesText(target) {
        return target.matches("input, textarea") || target.isContentEditable;
    }
}

const effort = new Effort();

/** One step of a person at the screen. What is seen costs nothing. */
export const hand = {
    /** Look at something, and do nothing. */
    see(content, trigger) {
        return { content, trigger };
    },
    /** Look at something that was reached by so much effort, from the beginning on. */
    reach(content, trigger, declared) {
        return { content, trigger, run: () => effort.check(content, declared) };
    },
    /** Click on something. */
    click(content, trigger) {
        return {
            content,
            trigger,
            async run() {
                await click(this.anchor);
            },
        };
    },
    /** Press a key, or several together, when something is to be seen. */
    press(content, trigger, ...keys) {
        return { content, trigger, run: () => press(keys) };
    },
    /** Type where the cursor is: it must have come there by itself. */
    type(content, trigger, text) {
        return { content, trigger: `${trigger}:focus`, run: () => fill(text) };
    },
    /** Type into an editor of mails: the cursor must have come there by itself. */
    write(content, trigger, text) {
        return {
            content,
            trigger: `${trigger}:focus`,
            run() {
                for (const key of text) {
                    for (const kind of ["keydown", "keyup"]) {
                        this.anchor.dispatchEvent(
                            new KeyboardEvent(kind, { bubbles: true, cancelable: true, key })
                        );
                    }
                    document.execCommand("insertText", false, key);
                }
            },
        };
    },
    /** Drop a file on something, from the folder of the scanner beside it. */
    drop(content, trigger, name, type = "application/pdf") {
        return {
            content,
            trigger,
            async run() {
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File(["%PDF-1.4\n%%EOF"], name, { type }));
                const send = (kind, target) =>
                    target.dispatchEvent(
                        new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer })
                    );
                send("dragenter", this.anchor);
                send("drop", await waitFor(".o-Dropzone"));
            },
        };
    },
};

/**
 * Add the tour of one task of a morning. It fails when it takes another effort than
 * the one that is declared; docs/intake_morning.md has the same numbers.
 *
 * @param {number} number of the task
 * @param {string} name of the tour
 * @param {{clicks: number, keys: number, text: number}} declared clicks, presses of keys
 *  that are no text (several together are one), and typed characters
 * @param {() => Object[]} steps made with `hand` only
 */
export function task(number, name, declared, steps) {
    registry.category("web_tour.tours").add(name, {
        steps: () => [
            {
                content: `Task ${number} begins`,
                trigger: ".o_action_manager :is(.o_view_controller, .o_action)",
                run: () => effort.start(),
            },
            ...steps(),
            {
                content: `Task ${number} is done`,
                trigger: "body",
                run: () => {
                    effort.stop();
                    effort.check(`Task ${number}`, declared);
                },
            },
        ],
    });
}
