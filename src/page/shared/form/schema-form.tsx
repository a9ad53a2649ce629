import { useId } from "preact/hooks";
import { labelOf, withKey } from "./fields.ts";
import type { FieldProps, InputProps } from "./input.ts";
import { JsonInput } from "./json-input.tsx";
import { ScalarInput } from "./scalar-input.tsx";

/** A form for what a schema asks for. */
export function SchemaForm(props: FieldProps) {
  const { field, value, onChange, faults, place } = props;
  if (field.kind !== "object") return <JsonInput {...props} label="JSON" />;
  return (
    <>
      {field.fields.map(([key, part]) => (
        <FormField
          key={key}
          name={key}
          isRequired={field.required.includes(key)}
          field={part}
          value={partOf(value, key)}
          onChange={(changed) => onChange(withKey(value, key, changed))}
          faults={faults}
          place={place === "" ? key : `${place}.${key}`}
        />
      ))}
    </>
  );
}

/** One field with its name, what is said of it, and what is wrong with it. */
function FormField({ name, isRequired, ...props }: FieldProps & { name: string; isRequired: boolean }) {
  const { field, faults, place } = props;
  const id = useId();
  const label = labelOf(name, field.schema);
  const fault = faults.get(place);
  const about = (
    <>
      {field.schema.description !== undefined && <span class="form-about soft">{field.schema.description}</span>}
      {fault !== undefined && (
        <span class="form-fault" id={`${id}-fault`}>
          {fault}
        </span>
      )}
    </>
  );
  if (field.kind === "object") {
    return (
      <fieldset class="form-group">
        <legend>{label}</legend>
        {about}
        <SchemaForm {...props} />
      </fieldset>
    );
  }
  const input = { ...props, id, describedBy: fault === undefined ? undefined : `${id}-fault` };
  return (
    <div class={`form-field ${field.kind === "yes-or-no" ? "is-inline" : ""}`}>
      <label for={id}>
        {label}
        {isRequired && <span class="form-required"> required</span>}
      </label>
      {about}
      {field.kind === "list" && <ListInput {...input} />}
      {field.kind === "json" && <JsonInput {...input} label={label} />}
      {field.kind !== "list" && field.kind !== "json" && <ScalarInput {...input} />}
    </div>
  );
}

/** Items one below the other. */
function ListInput({ field, value, onChange, faults, place, id, describedBy }: InputProps) {
  const items: unknown[] = Array.isArray(value) ? value : [];
  const { item } = field;
  if (item === null) return null;
  const withItem = (index: number, changed: unknown) => items.map((one, at) => (at === index ? changed : one));
  return (
    <div class="form-list" id={id} aria-describedby={describedBy}>
      {items.map((one, index) => {
        const props = {
          field: item,
          value: one,
          onChange: (changed: unknown) => onChange(withItem(index, changed ?? null)),
          ...{ faults, place: `${place}.${index}` },
        };
        return (
          <div class="form-item" key={index}>
            <div class="form-item-input">
              {item.kind === "object" && <SchemaForm {...props} />}
              {(item.kind === "json" || item.kind === "list") && <JsonInput {...props} label={`Item ${index + 1}`} />}
              {item.kind !== "object" && item.kind !== "json" && item.kind !== "list" && <ScalarInput {...props} />}
              {faults.has(props.place) && <span class="form-fault">{faults.get(props.place)}</span>}
            </div>
            <button
              type="button"
              class="quiet"
              aria-label={`Remove item ${index + 1}`}
              onClick={() => onChange(items.filter((_, at) => at !== index))}
            >
              ✕
            </button>
          </div>
        );
      })}
      <button type="button" class="quiet" onClick={() => onChange([...items, item.kind === "object" ? {} : ""])}>
        + Add
      </button>
    </div>
  );
}

function partOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([name]) => name === key)?.[1];
}
