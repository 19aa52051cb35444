#include "store/postgres/settings.h"

#include "store/postgres/pgsql.h"

/* One that is there by then is read after it was waited for. */
enum result postgres_settings_keep(struct store_handle *base, struct view name, struct view value,
                                   struct arena *arena, struct view *out)
{
    struct view bytes = view_not_null(value);
    bool good = true;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)pgsql_add(&batch, STATEMENT_SETTING_INSERT,
                    PGSQL_BIND(pgsql_text(name), pgsql_blob(bytes)));
    (void)pgsql_add(&batch, STATEMENT_SETTING_READ, PGSQL_BIND(pgsql_text(name)));
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    if (pgsql_rows(&batch, 1) == 0) {
        return RESULT_INTERNAL;
    }
    struct pgsql_row row = pgsql_row(&batch, 1, 0);
    *out = pgsql_copy_view(&row, 0, arena, &good);
    return good ? RESULT_OK : RESULT_INTERNAL;
}
