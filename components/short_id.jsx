// An id, shown short, copied whole.
import { useState } from "react";
import { Check, Copy } from "lucide-react";
import { copyText } from "$/public/external/components/clipboard/clipboard.js";

export function ShortId({ value }) {
  const [copied, setCopied] = useState(false);
  if (!value) return null;
  const copy = async (event) => {
    event.preventDefault();
    await copyText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), 1200);
  };
  const Icon = copied ? Check : Copy;
  return (
    <button type="button" className="wb-id" title={`${value} – click to copy`} aria-label={`Copy id ${value}`} onClick={copy}>
      <span>{value.slice(-8)}</span>
      <Icon size={12} strokeWidth={1.75} aria-hidden="true" />
    </button>
  );
}
