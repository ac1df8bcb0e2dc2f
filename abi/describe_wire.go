// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

// Append appends the wire form to b.
func (m *Description) Append(b []byte) []byte {
	b = appendString(b, 1, m.Name)
	b = appendString(b, 2, m.Version)
	b = appendString(b, 3, m.SDK)
	b = appendUint(b, 4, m.Features)
	for i := range m.Resources {
		b = appendMessage(b, 5, &m.Resources[i])
	}
	for i := range m.Controllers {
		b = appendMessage(b, 6, &m.Controllers[i])
	}
	b = appendShape(b, 7, m.Settings)
	for i := range m.HTTP {
		b = appendMessage(b, 8, &m.HTTP[i])
	}
	b = appendStrings(b, 9, m.Sign)
	b = appendBool(b, 10, m.Discover)
	return appendStrings(b, 11, m.FieldManagers)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Description) Decode(b []byte) error {
	*m = Description{}
	return eachField("Description", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("name", &m.Name)
		case 2:
			return f.text("version", &m.Version)
		case 3:
			return f.text("sdk", &m.SDK)
		case 4:
			return f.uint64("features", &m.Features)
		case 5:
			m.Resources = append(m.Resources, Resource{})
			return f.embedded("resources", &m.Resources[len(m.Resources)-1])
		case 6:
			m.Controllers = append(m.Controllers, Controller{})
			return f.embedded("controllers", &m.Controllers[len(m.Controllers)-1])
		case 7:
			return f.shape("settings", &m.Settings)
		case 8:
			m.HTTP = append(m.HTTP, HTTP{})
			return f.embedded("http", &m.HTTP[len(m.HTTP)-1])
		case 9:
			return f.texts("sign", &m.Sign)
		case 10:
			return f.bool("discover", &m.Discover)
		case 11:
			return f.texts("field_managers", &m.FieldManagers)
		}
		return nil
	})
}

// Append appends the wire form to b.
func (m *HTTP) Append(b []byte) []byte {
	b = appendStrings(b, 1, m.Hosts)
	b = appendStrings(b, 2, m.Methods)
	b = appendBool(b, 3, m.Plain)
	return appendBool(b, 4, m.Optional)
}

// Decode sets m to the message in b, which it does not retain.
func (m *HTTP) Decode(b []byte) error {
	*m = HTTP{}
	return eachField("HTTP", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.texts("hosts", &m.Hosts)
		case 2:
			return f.texts("methods", &m.Methods)
		case 3:
			return f.bool("plain", &m.Plain)
		case 4:
			return f.bool("optional", &m.Optional)
		}
		return nil
	})
}

// Append appends the wire form to b.
func (m *Resource) Append(b []byte) []byte {
	b = appendString(b, 1, m.Group)
	b = appendString(b, 2, m.Version)
	b = appendString(b, 3, m.Resource)
	b = appendString(b, 4, m.Kind)
	b = appendShape(b, 5, m.Projection)
	b = appendUint(b, 6, m.ProjectionHash)
	for i := range m.Indexes {
		b = appendMessage(b, 7, &m.Indexes[i])
	}
	b = appendStrings(b, 8, m.Writes)
	return appendStrings(b, 9, m.Reads)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Resource) Decode(b []byte) error {
	*m = Resource{}
	return eachField("Resource", b, func(f *field) error {
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
			return f.shape("projection", &m.Projection)
		case 6:
			return f.uint64("projection_hash", &m.ProjectionHash)
		case 7:
			m.Indexes = append(m.Indexes, Index{})
			return f.embedded("indexes", &m.Indexes[len(m.Indexes)-1])
		case 8:
			return f.texts("writes", &m.Writes)
		case 9:
			return f.texts("reads", &m.Reads)
		}
		return nil
	})
}

// Append appends the wire form to b.
func (m *Index) Append(b []byte) []byte {
	return appendString(appendUint(b, 1, uint64(m.Kind)), 2, m.Key)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Index) Decode(b []byte) error {
	*m = Index{}
	return eachField("Index", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.uint32("kind", (*uint32)(&m.Kind))
		case 2:
			return f.text("key", &m.Key)
		}
		return nil
	})
}

// Append appends the wire form to b.
func (m *Controller) Append(b []byte) []byte {
	b = appendString(b, 1, m.Name)
	for i := range m.Watches {
		b = appendMessage(b, 2, &m.Watches[i])
	}
	b = appendUint(b, 3, uint64(m.Concurrency))
	return appendBool(b, 4, m.Singleton)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Controller) Decode(b []byte) error {
	*m = Controller{}
	return eachField("Controller", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("name", &m.Name)
		case 2:
			m.Watches = append(m.Watches, Watch{})
			return f.embedded("watches", &m.Watches[len(m.Watches)-1])
		case 3:
			return f.uint32("concurrency", &m.Concurrency)
		case 4:
			return f.bool("singleton", &m.Singleton)
		}
		return nil
	})
}

// Append appends the wire form to b.
func (m *Watch) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Resource))
	b = appendUint(b, 2, uint64(m.Mapping))
	b = appendString(b, 3, m.Key)
	b = appendBool(b, 4, m.OrphansOnly)
	b = appendBool(b, 5, m.AnyOwner)
	b = appendShape(b, 6, m.Wake)
	for i := range m.Where {
		b = appendMessage(b, 7, &m.Where[i])
	}
	b = appendBool(b, 8, m.LooseOnly)
	return appendBool(b, 9, m.SameNamespace)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Watch) Decode(b []byte) error {
	*m = Watch{}
	return eachField("Watch", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.uint32("resource", &m.Resource)
		case 2:
			return f.uint32("mapping", (*uint32)(&m.Mapping))
		case 3:
			return f.text("key", &m.Key)
		case 4:
			return f.bool("orphans_only", &m.OrphansOnly)
		case 5:
			return f.bool("any_owner", &m.AnyOwner)
		case 6:
			return f.shape("wake", &m.Wake)
		case 7:
			m.Where = append(m.Where, Condition{})
			return f.embedded("where", &m.Where[len(m.Where)-1])
		case 8:
			return f.bool("loose_only", &m.LooseOnly)
		case 9:
			return f.bool("same_namespace", &m.SameNamespace)
		}
		return nil
	})
}

// Append appends the wire form to b.
func (m *Condition) Append(b []byte) []byte {
	return appendStrings(appendString(b, 1, m.Field), 2, m.Values)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Condition) Decode(b []byte) error {
	*m = Condition{}
	return eachField("Condition", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("field", &m.Field)
		case 2:
			return f.texts("values", &m.Values)
		}
		return nil
	})
}
