// Deciding what is selected: the bar below the list, and the one question that lists what is about to be decided.
import { useEffect, useRef, useState } from "react";
import { X } from "lucide-react";

export function Deciding({ words, plain, answered, done, total, mayDecide, asking, picked, onAsk, onSend, onMark, onClose, onClear, onAll }) {
  const like = picked.every((row) => row.like === picked[0]?.like);
  const actions = like && picked.length ? picked[0].choices.filter((one) => plain.includes(one)) : [];
  return (
    <>
      {picked.length ? (
        <div className="wb-bulk" role="toolbar" aria-label="What is selected" data-testid="bulk-bar">
          <strong>{picked.length} selected</strong>
          {mayDecide &&
            actions.map((action) => (
              <button key={action} type="button" className="wb-bulk-button" data-action={action} data-testid={`bulk-${action}`} onClick={() => onAsk({ action, tasks: picked })}>
                {words[action]}
              </button>
            ))}
          {like ? null : <span className="wb-row-quiet">They are of different steps: select tasks of one step to decide them together.</span>}
          <button type="button" className="wb-bulk-button" onClick={() => onMark(picked.some((row) => row.unread))}>
            {picked.some((row) => row.unread) ? "Mark as read" : "Mark as new"}
          </button>
          <button type="button" className="wb-bulk-button" onClick={onAll}>
            Select all
          </button>
          <button type="button" className="wb-icon-button" aria-label="Select nothing" title="Select nothing (Esc)" onClick={onClear}>
            <X size={16} strokeWidth={1.75} />
          </button>
        </div>
      ) : null}
      {asking ? <Question key={asking.tasks.map((row) => row.id).join()} {...{ asking, words, answered, done, total, onSend, onClose, onAsk }} /> : null}
    </>
  );
}

function Question({ asking, words, answered, done, total, onSend, onClose, onAsk }) {
  const dialog = useRef(null);
  const [sent, setSent] = useState(false);
  const [reason, setReason] = useState("");
  const { action, tasks } = asking;
  const refused = tasks.filter((row) => sent && answered[row.id]);
  const over = sent && total === tasks.length && done === total;
  useEffect(() => dialog.current.showModal(), []);
  useEffect(() => {
    if (over && !refused.length) onClose();
  }, [over, refused.length]);
  const many = tasks.length > 1;
  const same = action && tasks.every((row) => row.like === tasks[0].like);
  const what = many ? `${tasks.length} tasks` : `“${tasks[0].title}”`;
  const send = (event) => {
    event.preventDefault();
    if (sent) return;
    setSent(true);
    onSend(action, reason, tasks);
  };
  return (
    <dialog
      ref={dialog}
      className="wb-sheet wb-asking"
      aria-label={same ? `${words[action]} ${what}` : "Different steps"}
      data-testid="deciding"
      onClose={() => (sent ? onClose() : onAsk(null))}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <form className="wb-asking-form" onSubmit={send} data-submit-on-ctrl-enter="true">
        <h2>{same ? `${words[action]} ${what}?` : "These cannot be decided together"}</h2>
        {!same ? <p className="wb-row-quiet">They are of different steps, or the step does not permit it. Select tasks of one step.</p> : null}
        {many ? (
          <ul className="wb-asking-list">
            {tasks.map((row) => (
              <li key={row.id} data-refused={refused.includes(row) ? "" : undefined}>
                <span>{row.title}</span>
                {sent && row.id in answered ? <span className={answered[row.id] ? "wb-tone-fail" : "wb-tone-ok"}>{answered[row.id] || "done"}</span> : null}
              </li>
            ))}
          </ul>
        ) : null}
        {same && !sent ? (
          <label className="wb-field">
            <span className="wb-field-label">
              Why <span className="wb-field-optional">optional{many ? ", for all of them" : ""}</span>
            </span>
            <textarea className="wb-input" rows={2} autoFocus maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} onKeyDown={(event) => event.key === "Enter" && !event.shiftKey && send(event)} />
          </label>
        ) : null}
        {sent && many ? (
          <div role="status" data-testid="bulk-progress">
            <progress max={tasks.length} value={total === tasks.length ? done : 0} className="wb-bulk-progress" />
            <p className="wb-row-quiet">
              {over ? `${tasks.length - refused.length} of ${tasks.length} done, ${refused.length} not: see above why.` : `${done} of ${tasks.length} …`}
            </p>
          </div>
        ) : null}
        <div className="wb-dialog-foot">
          <button type="button" className="wb-key-button" onClick={() => dialog.current.close()}>
            {over ? "Close" : "Cancel"}
          </button>
          {same && !sent ? (
            <button type="submit" className="wb-key-button wb-key-button-main" data-testid="deciding-send">
              {many ? `${words[action]} ${tasks.length} tasks` : words[action]}
            </button>
          ) : null}
        </div>
      </form>
    </dialog>
  );
}
