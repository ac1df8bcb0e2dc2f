// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// object is the JSON of an object of which only the top level is taken apart.
type object map[string]json.RawMessage

func parseObject(body []byte) (object, error) {
	o := object{}
	if len(bytes.TrimSpace(body)) == 0 {
		return o, nil
	}
	if err := json.Unmarshal(body, &o); err != nil {
		return nil, fmt.Errorf("body is no JSON object: %w", err)
	}
	if o == nil { // the body was null
		o = object{}
	}
	return o, nil
}

// set puts a value that is known to encode.
func (o object) set(key string, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings and maps of raw messages that were parsed before
	}
	o[key] = raw
}

// withTypeMeta fills in apiVersion and kind where the guest left them out. A
// subresource may take another kind (Scale, Binding), which only the guest
// knows.
func withTypeMeta(body []byte, t Target, subresource string) ([]byte, error) {
	if startsWithTypeMeta(body) {
		return body, nil
	}
	o, err := parseObject(body)
	if err != nil {
		return nil, err
	}
	if subresource != "" && subresource != "status" || o["kind"] != nil && o["apiVersion"] != nil {
		return body, nil
	}
	apiVersion := t.Version
	if t.Group != "" {
		apiVersion = t.Group + "/" + t.Version
	}
	o.set("apiVersion", apiVersion)
	o.set("kind", t.Kind)
	return json.Marshal(o)
}

// startsWithTypeMeta reports whether an object begins with apiVersion and kind,
// as those of the SDK do and those that [NameCreated] has written. It need not
// be parsed once more.
func startsWithTypeMeta(body []byte) bool {
	for _, prefix := range []string{`{"apiVersion":"`, `,"kind":"`} {
		rest, found := bytes.CutPrefix(body, []byte(prefix))
		end := bytes.IndexByte(rest, '"')
		if !found || end <= 0 || bytes.IndexByte(rest[:end], '\\') >= 0 {
			return false
		}
		body = rest[end+1:]
	}
	return true
}

// withPreconditions puts resourceVersion and uid into the metadata of an
// object or of a merge patch: the API server answers with a conflict if they
// are not the object's.
func withPreconditions(body []byte, version uint64, uid string) ([]byte, error) {
	if version == 0 && uid == "" {
		return body, nil
	}
	o, err := parseObject(body)
	if err != nil {
		return nil, err
	}
	metadata, err := parseObject(o["metadata"])
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	if version != 0 {
		metadata.set("resourceVersion", strconv.FormatUint(version, 10))
	}
	if uid != "" {
		metadata.set("uid", uid)
	}
	o.set("metadata", metadata)
	return json.Marshal(o)
}

// withTests puts the same conditions before a JSON patch. Replacing the two
// fields by the expected values makes the API server check them as it does
// for an update, and answer with a conflict; a failed "test" would be an
// invalid patch, which says nothing to a guest.
func withTests(body []byte, version uint64, uid string) ([]byte, error) {
	if version == 0 && uid == "" {
		return body, nil
	}
	var steps []json.RawMessage
	if err := json.Unmarshal(body, &steps); err != nil {
		return nil, fmt.Errorf("body is no JSON patch: %w", err)
	}
	conditions := []json.RawMessage{}
	if version != 0 {
		conditions = append(conditions, replaceStep("/metadata/resourceVersion", strconv.FormatUint(version, 10)))
	}
	if uid != "" {
		conditions = append(conditions, replaceStep("/metadata/uid", uid))
	}
	return json.Marshal(append(conditions, steps...))
}

func replaceStep(path, value string) json.RawMessage {
	step, err := json.Marshal(map[string]string{"op": "replace", "path": path, "value": value})
	if err != nil {
		panic(err) // a map of strings always encodes
	}
	return step
}
