// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"slices"

	"github.com/wasm-controller-manager/wcm/abi"
)

// moduleDeclarations is what the packages of this program have declared. It
// is complete when initialisation ends, and read only from then on.
type moduleDeclarations struct {
	description abi.Description
	controllers []registered
	source      string                                // of events
	member      string                                // that [Bundle] is registering
	configure   func(in *instance, body []byte) error // nil: the plugin takes no settings
	defaults    func(in *instance)
}

type registered struct {
	reconciler Reconciler
	mappings   []Mapping // by watch
}

var module = moduleDeclarations{description: abi.Description{SDK: "go 1"}}

// Plugin names the plugin, which otherwise has the name of its first
// controller. The version is for people.
func Plugin(name, version string) {
	module.description.Name, module.description.Version = name, version
}

// EventSource names the component that the plugin's events come from, which
// kubectl describe shows; without it that is the plugin.
func EventSource(name string) {
	if module.member != "" && module.source != "" && module.source != name {
		module.refuse("an event source is")
	}
	module.source = name
}

// FieldManagers declares names for [FieldOwner] beside the plugin's own and
// those that begin with it and a slash: a controller that takes over from
// another one goes on under the name that owns the fields.
func FieldManagers(names ...string) {
	module.description.FieldManagers = append(module.description.FieldManagers, names...)
}

// Register declares controllers. Call it from init: in wasm, main does not
// run. It panics, naming the controller, if one is not complete.
func Register(controllers ...Controller) {
	for _, c := range controllers {
		if problem := c.problem(); problem != "" {
			panic("sdk: controller " + c.Name + ": " + problem)
		}
		module.addController(c)
	}
}

func (c *Controller) problem() string {
	switch {
	case c.Name == "":
		return "has no Name"
	case c.Singleton && (c.For != nil || c.ForFields != nil || c.ForWhere != nil || c.LooseOnly || len(c.Owns) > 0):
		return "is a Singleton, which has neither For nor Owns"
	case !c.Singleton && c.For == nil:
		return "For is missing"
	case (c.Reconciler == nil) == (c.Reconcile == nil):
		return "needs either a Reconciler or a Reconcile function"
	case c.Concurrency < 0:
		return "Concurrency is negative"
	}
	for _, other := range module.description.Controllers {
		if other.Name == c.Name {
			return "is registered twice"
		}
	}
	for _, w := range c.Watches {
		if w.Resource == nil || w.Map.kind == 0 {
			return "a watch needs a Resource and a Map"
		}
		if c.Singleton != (w.Map.kind == abi.MapSingleton) {
			return "MapSingleton is for the watches of a Singleton, and they for it"
		}
	}
	return ""
}

func (m *moduleDeclarations) addResource(r *resource) {
	if m.member != "" && slices.ContainsFunc(m.description.Resources, r.same) {
		m.refuse("the resource " + r.name + " is")
	}
	r.index = uint32(len(m.description.Resources))
	m.description.Resources = append(m.description.Resources, r.Resource)
}

func (m *moduleDeclarations) addController(c Controller) {
	if m.description.Name == "" {
		m.description.Name = c.Name
	}
	var watches []Watch
	if !c.Singleton {
		primary := Mapping{kind: abi.MapFor, looseOnly: c.LooseOnly}
		watches = append(watches, Watch{Resource: c.For, Map: primary, Fields: c.ForFields, Where: c.ForWhere})
	}
	for _, owned := range c.Owns {
		watches = append(watches, Watch{Resource: owned, Map: MapController()})
	}
	watches = append(watches, c.Watches...)
	described := abi.Controller{Name: c.Name, Concurrency: uint32(c.Concurrency), Singleton: c.Singleton}
	entry := registered{reconciler: c.Reconciler}
	if c.Reconcile != nil {
		entry.reconciler = c.Reconcile
	}
	for _, w := range watches {
		described.Watches = append(described.Watches, w.describe())
		entry.mappings = append(entry.mappings, w.Map)
	}
	m.description.Controllers = append(m.description.Controllers, described)
	m.controllers = append(m.controllers, entry)
}

func (w *Watch) describe() abi.Watch {
	d := abi.Watch{
		Resource: w.Resource.declared().index, Mapping: w.Map.kind, Key: w.Map.key,
		OrphansOnly: w.Map.orphansOnly, AnyOwner: w.Map.anyOwner,
		Where: w.Where, LooseOnly: w.Map.looseOnly, SameNamespace: w.Map.sameNamespace,
	}
	if w.Fields != nil {
		d.Wake = w.Fields.shape
	}
	return d
}
