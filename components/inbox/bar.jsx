// Search, filters and order of the list, all in the address; and keeping what they say under a name.
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { Bookmark, ListFilter, Search, X } from "lucide-react";

const TYPING_MS = 90;

export const addressOf = (address) => {
  const said = Object.entries(address).filter(([name, value]) => value && !(name === "queue" && value === "asked") && !(name === "sort" && value === "newest"));
  const query = new URLSearchParams(said).toString();
  return query ? `/inbox?${query}` : "/inbox";
};

export function InboxBar({ address, choices, onKeep }) {
  const navigate = useNavigate();
  const [text, setText] = useState(address.q ?? "");
  const [naming, setNaming] = useState(false);
  const [open, setOpen] = useState(false);
  const field = useRef(null);
  const typing = useRef(null);
  const latest = useRef(address);
  latest.current = address;
  const change = (changes, options) => navigate(addressOf({ ...latest.current, ...changes }), options);

  // Back, a link or another list says something else than what was typed last.
  useEffect(() => {
    if (document.activeElement !== field.current) setText(address.q ?? "");
  }, [address.q]);

  const look = (value) => {
    setText(value);
    clearTimeout(typing.current);
    typing.current = setTimeout(() => change({ q: value.trim() }, { replace: true }), TYPING_MS);
  };
  const narrowed = Object.keys(address).filter((name) => !["queue", "sort"].includes(name));
  const filters = narrowed.filter((name) => name !== "q").length;
  return (
    <div className="wb-inbox-bar">
      <div className="wb-search wb-inbox-search">
        <Search size={16} strokeWidth={1.75} aria-hidden="true" />
        <input
          ref={field}
          type="search"
          className="wb-input"
          placeholder="Search title, context, workflow, person"
          aria-label="Search tasks"
          autoComplete="off"
          spellCheck={false}
          data-search="true"
          data-testid="search"
          value={text}
          onChange={(event) => look(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape" && text) look("");
            else if (event.key === "Escape" || event.key === "Enter") event.currentTarget.blur();
          }}
        />
      </div>
      <button type="button" className="wb-key-button wb-narrow wb-inbox-more" aria-expanded={open} onClick={() => setOpen(!open)}>
        <ListFilter size={16} strokeWidth={1.75} aria-hidden="true" /> Filters{filters ? ` (${filters})` : ""}
      </button>
      <div className="wb-inbox-filters" data-open={open ? "" : undefined}>
        {choices.map(({ name, label, options }) =>
          options.length > (name === "sort" ? 0 : 1) || address[name] ? (
            <select
              key={name}
              className="wb-input wb-select wb-filter-select"
              aria-label={label}
              data-testid={`filter-${name}`}
              data-set={address[name] ? "" : undefined}
              value={address[name] ?? (name === "sort" ? "newest" : "")}
              onChange={(event) => change({ [name]: event.target.value })}
            >
              {name === "sort" ? null : <option value="">{label}</option>}
              {options.map(({ value, label: words }) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          ) : null,
        )}
        {narrowed.length ? (
          <button
            type="button"
            className="wb-key-button"
            data-testid="clear-filters"
            onClick={() => {
              setText("");
              navigate(addressOf({ queue: address.queue, sort: address.sort }));
            }}
          >
            <X size={14} strokeWidth={1.75} aria-hidden="true" /> Clear
          </button>
        ) : null}
        {naming ? (
          <form
            className="wb-inbox-naming"
            onSubmit={(event) => {
              event.preventDefault();
              const name = new FormData(event.currentTarget).get("name").trim();
              if (name) onKeep(name, new URLSearchParams(address).toString());
              setNaming(false);
            }}
          >
            <input name="name" className="wb-input" maxLength={60} required autoFocus placeholder="Name of the view" aria-label="Name of the view" autoComplete="off" onKeyDown={(event) => event.key === "Escape" && setNaming(false)} />
            <button type="submit" className="wb-key-button wb-key-button-main">
              Save
            </button>
          </form>
        ) : (
          <button type="button" className="wb-key-button" data-testid="keep-view" data-command="Save this view of the inbox" onClick={() => setNaming(true)}>
            <Bookmark size={14} strokeWidth={1.75} aria-hidden="true" /> Save view
          </button>
        )}
      </div>
    </div>
  );
}
