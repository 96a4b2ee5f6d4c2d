// Where a comment is written: Markdown, people by @, files by button, drop or paste.
import { useEffect, useId, useRef, useState } from "react";
import { Paperclip, X } from "lucide-react";
import { upload } from "$/public/external/components/task/data/data_fields.jsx";

const PEOPLE = /(?:^|\s)@([^\s@][^@\n]{0,40})?$/;

export function Composer({ text = "", known = {}, found = [], files = "", sends = "Comment", seed = 0, cancels = false, onLook, onSend, onCancel }) {
  const id = useId();
  const field = useRef(null);
  const picker = useRef(null);
  const [written, write] = useState(text);
  const [named, name] = useState(known);
  const [kept, keep] = useState([]);
  const [said, say] = useState("");
  const [putting, setPutting] = useState(false);
  const [asking, ask] = useState(null); // where in the text the name begins that is being typed
  const [at, move] = useState(0);
  useEffect(() => {
    write(text);
    name(known);
    keep([]);
    say("");
  }, [seed]);
  const people = asking === null ? [] : found;

  const typed = (event) => {
    const { value, selectionStart } = event.target;
    write(value);
    const match = PEOPLE.exec(value.slice(0, selectionStart));
    ask(match ? selectionStart - (match[1]?.length ?? 0) - 1 : null);
    move(0);
    if (match) onLook?.(match[1] ?? "");
  };
  const choose = (person) => {
    const until = field.current.selectionStart;
    const next = `${written.slice(0, asking)}@${person.name} ${written.slice(until)}`;
    write(next);
    name({ ...named, [person.id]: person.name });
    ask(null);
    const place = asking + person.name.length + 2;
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(place, place);
    });
  };
  const put = async (list) => {
    setPutting(true);
    for (const file of list) {
      say(`Uploading ${file.name} …`);
      const { value, error } = await upload(files, file);
      if (value) keep((all) => [...all, value]);
      say(error);
      if (error) break;
    }
    setPutting(false);
  };
  const send = () => {
    if (putting) return;
    if (!written.trim() && kept.length === 0) return field.current?.focus();
    const mentions = Object.entries(named).filter(([, who]) => written.includes(`@${who}`)).map(([one]) => one);
    onSend?.(written, mentions, kept);
  };
  const keys = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      return send();
    }
    if (event.key === "Escape" && !people.length) return cancels ? onCancel?.() : field.current?.blur();
    if (!people.length) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) move((at + step + people.length) % people.length);
    else if (event.key === "Enter" || event.key === "Tab") choose(people[at]);
    else if (event.key === "Escape") ask(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className="wb-composer"
      data-testid="composer"
      onDragOver={(event) => files && event.preventDefault()}
      onDrop={(event) => {
        if (!files || !event.dataTransfer.files.length) return;
        event.preventDefault();
        put([...event.dataTransfer.files]);
      }}
    >
      <textarea
        ref={field}
        className="wb-input"
        rows={Math.min(12, Math.max(2, written.split("\n").length))}
        value={written}
        placeholder="Write a comment; @ names somebody"
        aria-label="Comment"
        aria-autocomplete="list"
        aria-controls={people.length ? id : undefined}
        aria-activedescendant={people.length ? `${id}-${at}` : undefined}
        data-key={cancels ? undefined : "c"}
        autoFocus={cancels}
        onChange={typed}
        onKeyDown={keys}
        onBlur={() => setTimeout(() => ask(null), 150)}
        onPaste={(event) => {
          if (files && event.clipboardData.files.length) {
            event.preventDefault();
            put([...event.clipboardData.files]);
          }
        }}
      />
      {people.length ? (
        <ul id={id} role="listbox" aria-label="People" className="wb-composer-people" data-testid="mention-people">
          {people.map((person, index) => (
            <li key={person.id} id={`${id}-${index}`} role="option" aria-selected={index === at}>
              <button type="button" tabIndex={-1} onMouseDown={(event) => event.preventDefault()} onClick={() => choose(person)}>
                {person.name} <span className="wb-field-optional">{person.email}</span>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {kept.length ? (
        <ul className="wb-composer-files">
          {kept.map((file) => (
            <li key={file.$artifact}>
              <Paperclip size={14} strokeWidth={1.75} />
              {file.name}
              <button type="button" className="wb-icon-button" aria-label={`Take ${file.name} away`} title="Take it away" onClick={() => keep(kept.filter((one) => one !== file))}>
                <X size={14} strokeWidth={1.75} />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {said ? <p role="status" className="wb-field-hint">{said}</p> : null}
      <div className="wb-composer-foot">
        {files ? (
          <>
            <button type="button" className="wb-icon-button" title="Attach files (at most 8 MB each)" aria-label="Attach files" onClick={() => picker.current?.click()}>
              <Paperclip size={16} strokeWidth={1.75} />
            </button>
            <input ref={picker} type="file" multiple hidden data-testid="comment-files" onChange={(event) => {
              put([...event.target.files]);
              event.target.value = "";
            }} />
          </>
        ) : null}
        {cancels ? <button type="button" className="rt-reset rt-BaseButton rt-r-size-2 rt-variant-soft rt-Button" data-accent-color="gray" onClick={onCancel}>Cancel</button> : null}
        <button type="button" className="rt-reset rt-BaseButton rt-r-size-2 rt-variant-soft rt-Button" data-accent-color="gray" disabled={putting} onClick={send} data-testid={cancels ? "save-comment" : "send-comment"}>
          {sends}
        </button>
      </div>
    </div>
  );
}
