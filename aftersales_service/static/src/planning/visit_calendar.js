/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { CalendarCommonRenderer } from "@web/views/calendar/calendar_common/calendar_common_renderer";
import { CalendarModel } from "@web/views/calendar/calendar_model";
import { CalendarRenderer } from "@web/views/calendar/calendar_renderer";
import { calendarView } from "@web/views/calendar/calendar_view";

/** States in which a visit can still be moved. */
const MOVABLE = ["draft", "planned"];
/** What stands before the title of a visit that can't be kept, or only with trouble. */
const MARKS = { block: "⛔ ", warn: "⚠ " };

/** Only what is neither under way nor over can be dragged. */
export class VisitCommonRenderer extends CalendarCommonRenderer {
    convertRecordToEvent(record) {
        const event = super.convertRecordToEvent(record);
        const movable = MOVABLE.includes(record.rawRecord.state);
        return movable ? event : { ...event, editable: false };
    }
}

export class VisitRenderer extends CalendarRenderer {
    static components = {
        ...CalendarRenderer.components,
        day: VisitCommonRenderer,
        week: VisitCommonRenderer,
        month: VisitCommonRenderer,
    };
}

export class VisitModel extends CalendarModel {
    /** A telephone has room for one day, as long as its user chooses nothing else. */
    getLocalStorageScale() {
        const isChosen = browser.localStorage.getItem(this.storageKey);
        return this.env.isSmall && !isChosen ? "day" : super.getLocalStorageScale();
    }

    normalizeRecord(rawRecord) {
        const record = super.normalizeRecord(rawRecord);
        const mark = MARKS[rawRecord.planning_state] || "";
        return { ...record, title: mark + record.title };
    }

    /** A drag only moves a visit: its title is none of its fields. */
    buildRawRecord(partialRecord, options = {}) {
        const rawRecord = super.buildRawRecord(partialRecord, options);
        delete rawRecord[this.meta.fieldMapping.create_name_field];
        return rawRecord;
    }

    /** A refused move puts the visit back to where it was. */
    async updateRecord(record, options = {}) {
        try {
            return await super.updateRecord(record, options);
        } catch (error) {
            await this.load();
            throw error;
        }
    }
}

registry.category("views").add("aftersales_visit_calendar", {
    ...calendarView,
    Model: VisitModel,
    Renderer: VisitRenderer,
});
