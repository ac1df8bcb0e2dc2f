// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

// Target is the resource of an operation for which the description has any
// resource instead of one. The zero value is none.
type Target struct {
	Group    string // empty for the core group
	Version  string
	Resource string // plural, lower case
	Kind     string // for create, update, apply and event; else not needed
}

// String names the resource as group/version/resource.
func (m *Target) String() string {
	r := Resource{Group: m.Group, Version: m.Version, Resource: m.Resource}
	return r.String()
}

// Append appends the wire form to b.
func (m *Target) Append(b []byte) []byte {
	b = appendString(b, 1, m.Group)
	b = appendString(b, 2, m.Version)
	b = appendString(b, 3, m.Resource)
	return appendString(b, 4, m.Kind)
}

// appendTarget appends a target that a message may lack.
func appendTarget(b []byte, number int, m *Target) []byte {
	if *m == (Target{}) {
		return b
	}
	return appendMessage(b, number, m)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Target) Decode(b []byte) error {
	*m = Target{}
	return eachField("Target", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("group", &m.Group)
		case 2:
			return f.text("version", &m.Version)
		case 3:
			return f.text("resource", &m.Resource)
		case 4:
			return f.text("kind", &m.Kind)
		}
		return nil
	})
}

// DiscoverRequest is the parameter of discover. The result is a [Discovery].
type DiscoverRequest struct {
	Live bool // ask the API server now; else what the host knows, some seconds old
}

// Append appends the wire form to b.
func (m *DiscoverRequest) Append(b []byte) []byte { return appendBool(b, 1, m.Live) }

// Decode sets m to the message in b.
func (m *DiscoverRequest) Decode(b []byte) error {
	*m = DiscoverRequest{}
	return eachField("DiscoverRequest", b, func(f *field) error {
		if f.number == 1 {
			return f.bool("live", &m.Live)
		}
		return nil
	})
}

// Discovery is what the API server serves, the result of discover.
type Discovery struct {
	Resources []APIResource // without subresources
	// Failed are the group versions of which nothing is known, because the
	// server that has them does not answer: "metrics.k8s.io/v1beta1".
	Failed []string
}

// APIResource is a resource that the API server serves.
type APIResource struct {
	Group      string // empty for the core group
	Version    string
	Resource   string // plural, lower case
	Kind       string
	Namespaced bool
	Verbs      []string // "get", "list", "watch" …, ascending
	Preferred  bool     // Version is the one that the group prefers for this resource
}

// Append appends the wire form to b.
func (m *Discovery) Append(b []byte) []byte {
	for i := range m.Resources {
		b = appendMessage(b, 1, &m.Resources[i])
	}
	return appendStrings(b, 2, m.Failed)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Discovery) Decode(b []byte) error {
	*m = Discovery{}
	return eachField("Discovery", b, func(f *field) error {
		switch f.number {
		case 1:
			m.Resources = append(m.Resources, APIResource{})
			return f.embedded("resources", &m.Resources[len(m.Resources)-1])
		case 2:
			return f.texts("failed", &m.Failed)
		}
		return nil
	})
}

// Append appends the wire form to b.
func (m *APIResource) Append(b []byte) []byte {
	b = appendString(b, 1, m.Group)
	b = appendString(b, 2, m.Version)
	b = appendString(b, 3, m.Resource)
	b = appendString(b, 4, m.Kind)
	b = appendBool(b, 5, m.Namespaced)
	b = appendStrings(b, 6, m.Verbs)
	return appendBool(b, 7, m.Preferred)
}

// Decode sets m to the message in b, which it does not retain.
func (m *APIResource) Decode(b []byte) error {
	*m = APIResource{}
	return eachField("APIResource", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("group", &m.Group)
		case 2:
			return f.text("version", &m.Version)
		case 3:
			return f.text("resource", &m.Resource)
		case 4:
			return f.text("kind", &m.Kind)
		case 5:
			return f.bool("namespaced", &m.Namespaced)
		case 6:
			return f.texts("verbs", &m.Verbs)
		case 7:
			return f.bool("preferred", &m.Preferred)
		}
		return nil
	})
}
