/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { user } from "@web/core/user";
import { IndexedDB } from "@web/core/utils/indexed_db";
import { session } from "@web/session";

const VERSION = "1";
const VISITS = "visits";
const PICTURES = "pictures";

/** What is kept on this phone, for each user of each database apart. */
export class VisitStorage {
    constructor() {
        this.database = new IndexedDB(`aftersales_visit_${session.db}_${user.userId}`, VERSION);
    }

    /** @returns {Promise<Object|undefined>} page, queue, conflicts and keptAt of a visit */
    async readVisit(id) {
        try {
            return (await this.database.read(VISITS, id)) || undefined;
        } catch {
            // Private windows keep nothing: there is nothing to restore.
            return undefined;
        }
    }

    async writeVisit(id, record) {
        // Reactive objects can't be stored.
        await this.database.write(VISITS, id, record && JSON.parse(JSON.stringify(record)));
    }

    readPicture(name) {
        return this.database.read(PICTURES, name);
    }

    async writePicture(name, dataUrl) {
        await this.database.write(PICTURES, name, dataUrl);
    }
}
