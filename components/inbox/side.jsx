// The lists beside the list: the queues with how many tasks each has, and those that the person keeps.
import { useState } from "react";
import { Link } from "react-router";
import { Pencil, Trash2 } from "lucide-react";
import { addressOf } from "./bar.jsx";

const MOST = 1000;
const same = (one, other) => addressOf(one) === addressOf(other);

export function InboxSide({ address, queues, counts, views, onRename, onDelete }) {
  const kept = views.some((view) => same(view.address, address));
  return (
    <nav className="wb-inbox-side" aria-label="Lists of tasks">
      <ul className="wb-inbox-queues">
        {queues.map(({ value, label }) => (
          <li key={value}>
            <Link
              to={addressOf({ queue: value, sort: address.sort })}
              className="wb-inbox-queue"
              aria-current={!kept && address.queue === value ? "page" : undefined}
              data-testid={`queue-${value}`}
            >
              {label}
              {counts[value] ? <span className="wb-inbox-count">{counts[value] >= MOST && value === "done" ? "999+" : counts[value]}</span> : null}
            </Link>
          </li>
        ))}
      </ul>
      {views.length ? (
        <>
          <h2 className="wb-inbox-side-title">Saved views</h2>
          <ul className="wb-inbox-queues" data-testid="saved-views">
            {views.map((view) => (
              <View key={view.id} view={view} current={same(view.address, address)} onRename={onRename} onDelete={onDelete} />
            ))}
          </ul>
        </>
      ) : null}
    </nav>
  );
}

function View({ view, current, onRename, onDelete }) {
  const [renaming, setRenaming] = useState(false);
  const [sure, setSure] = useState(false);
  if (renaming)
    return (
      <li>
        <form
          className="wb-inbox-naming"
          onSubmit={(event) => {
            event.preventDefault();
            const name = new FormData(event.currentTarget).get("name").trim();
            if (name && name !== view.name) onRename(view.id, name);
            setRenaming(false);
          }}
        >
          <input name="name" className="wb-input" defaultValue={view.name} maxLength={60} required autoFocus aria-label="Name of the view" autoComplete="off" onBlur={() => setRenaming(false)} onKeyDown={(event) => event.key === "Escape" && setRenaming(false)} />
        </form>
      </li>
    );
  return (
    <li className="wb-inbox-view">
      <Link to={view.href} className="wb-inbox-queue" aria-current={current ? "page" : undefined} title={view.name}>
        <span className="wb-cut">{view.name}</span>
      </Link>
      <span className="wb-inbox-view-tools" data-open={sure ? "" : undefined}>
        {sure ? (
          <button type="button" className="wb-more wb-tone-fail" autoFocus onBlur={() => setSure(false)} onClick={() => onDelete(view.id)}>
            Delete?
          </button>
        ) : (
          <>
            <button type="button" className="wb-icon-button" aria-label={`Rename ${view.name}`} title="Rename" onClick={() => setRenaming(true)}>
              <Pencil size={14} strokeWidth={1.75} aria-hidden="true" />
            </button>
            <button type="button" className="wb-icon-button" aria-label={`Delete ${view.name}`} title="Delete" onClick={() => setSure(true)}>
              <Trash2 size={14} strokeWidth={1.75} aria-hidden="true" />
            </button>
          </>
        )}
      </span>
    </li>
  );
}
