// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"hash/fnv"
	"slices"
	"strconv"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// labelHash is the label that tells the pods of one ReplicaSet of a Deployment
// from those of another one. It is no part of what the user asked for.
const labelHash = "pod-template-hash"

// Template is a template of pods: what pods get of it. Other metadata, a name for
// example, is no part of any pod and is not copied.
type Template struct {
	Metadata TemplateMetadata `json:"metadata,omitzero"`
	Spec     sdk.Raw          `json:"spec,omitempty"` // as the API server writes it
}

// TemplateMetadata is the metadata that pods get of a template.
type TemplateMetadata struct {
	Labels      sdk.Labels `json:"labels,omitempty"`
	Annotations sdk.Labels `json:"annotations,omitempty"`
	Finalizers  []string   `json:"finalizers,omitempty"`
}

// same reports whether two templates make the same pods but for the hash
// label. It compares values and not text, so that it does not matter who wrote
// the template in which order. The API server has put its defaults into both.
func (t *Template) same(other *Template) bool {
	a, b := &t.Metadata, &other.Metadata
	return sameButHash(a.Labels, b.Labels) && sameButHash(b.Labels, a.Labels) &&
		len(a.Annotations) == len(b.Annotations) && a.Annotations.Contains(b.Annotations) &&
		slices.Equal(a.Finalizers, b.Finalizers) && equalJSON(t.Spec, other.Spec)
}

// sameButHash reports whether all has every label of some but the hash.
func sameButHash(all, some sdk.Labels) bool {
	for i := range some {
		if value, found := all.Lookup(some[i].Key); some[i].Key != labelHash && (!found || value != some[i].Value) {
			return false
		}
	}
	return true
}

// withHash returns a copy with the hash label, or without it if the hash is empty.
func (t *Template) withHash(hash string) Template {
	copied := *t
	copied.Metadata.Labels = t.Metadata.Labels.Without(labelHash)
	if hash != "" {
		copied.Metadata.Labels = copied.Metadata.Labels.With(labelHash, hash)
	}
	return copied
}

// encode returns v, which consists of what JSON has, as JSON.
func encode(v any) sdk.Raw {
	raw, _ := sdk.JSON(v) // fails for values that JSON does not have
	return raw
}

// hash returns a short text that depends on the template and on the number of
// collisions so far, and that may be part of a name and a label. Nobody computes
// it again to find a ReplicaSet, which is done by comparing templates, so it need
// be no other controller's hash; only trying the same again must give the same
// name, so that a request whose answer was lost is not repeated under another.
func (t *Template) hash(collisions *int32) string {
	h := fnv.New32a()
	plain := t.withHash("")
	_, _ = h.Write([]byte(encode(plain.Metadata)))
	_, _ = h.Write([]byte(plain.Spec))
	if collisions != nil {
		_, _ = h.Write([]byte(strconv.Itoa(int(*collisions))))
	}
	return safe(uint64(h.Sum32()))
}

// safeLetters has no vowels and nothing that looks like another one, so that
// no hash is a word.
const safeLetters = "bcdfghjklmnpqrstvwxz2456789"

func safe(n uint64) string {
	var b []byte
	for ; n > 0 || len(b) == 0; n /= uint64(len(safeLetters)) {
		b = append(b, safeLetters[n%uint64(len(safeLetters))])
	}
	return string(b)
}

// maxName is how long the name of a ReplicaSet may be.
const maxName = 253

// replicaSetName returns the name of the ReplicaSet with this hash.
func replicaSetName(deployment, hash string) string {
	room := maxName - len("-") - len(hash)
	return deployment[:min(len(deployment), room)] + "-" + hash
}
