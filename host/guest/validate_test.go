// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

func shapeOf(t *testing.T, text string) *record.Shape {
	t.Helper()
	s, err := record.ParseShape(text)
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

// description is a valid one that uses everything.
func description(t *testing.T) *abi.Description {
	pods := shapeOf(t, "{metadata{labels map<string>},spec{nodeName string,priority int?,volumes list<string>}}")
	services := shapeOf(t, "{spec{selector map<string>}}")
	return &abi.Description{
		Name:     "plugin",
		Settings: shapeOf(t, "{burst int?}"),
		Resources: []abi.Resource{
			{Version: "v1", Resource: "services", Kind: "Service", Projection: services, ProjectionHash: services.Hash(),
				Writes: []string{"status/patch", "deletecollection"}},
			{Group: "apps.example.com", Version: "v1beta1", Resource: "pods", Kind: "Pod", Projection: pods, ProjectionHash: pods.Hash(),
				Indexes: []abi.Index{{Kind: abi.IndexOwner}, {Kind: abi.IndexLabel, Key: "app"},
					{Kind: abi.IndexField, Key: "spec.nodeName"}, {Kind: abi.IndexField, Key: "spec.hostName"}}},
			{Version: "v1", Resource: "events", Kind: "Event", Writes: []string{"create"}},
		},
		Controllers: []abi.Controller{
			{Name: "a", Watches: []abi.Watch{
				{Resource: 0, Mapping: abi.MapFor},
				{Resource: 1, Mapping: abi.MapOwns, AnyOwner: true},
				{Resource: 1, Mapping: abi.MapSelectedBy, Key: "spec.selector", OrphansOnly: true,
					Wake: shapeOf(t, "{metadata{labels map<string>}}")},
			}},
			{Name: "b", Concurrency: 5, Watches: []abi.Watch{
				{Resource: 1, Mapping: abi.MapFor, Where: []abi.Condition{{Field: "spec.nodeName"}, {Field: "metadata.labels.app.kubernetes.io/name", Values: []string{"a"}}}},
				{Resource: 0, Mapping: abi.MapLabel, Key: "app"},
				{Resource: 0, Mapping: abi.MapField, Key: "spec.clusterIP"},
				{Resource: 2, Mapping: abi.MapAll},
				{Resource: 0, Mapping: abi.MapGuest, SameNamespace: true},
			}},
			{Name: "c", Singleton: true, Watches: []abi.Watch{{Resource: 0, Mapping: abi.MapSingleton}}},
			{Name: "d", Singleton: true},
		},
	}
}

func TestValidate(t *testing.T) {
	whole := &module.Info{Exports: []module.Function{{Name: abi.ExportMap}, {Name: abi.ExportConfigure}}}
	if err := guest.Validate(description(t), whole); err != nil {
		t.Fatalf("Validate of a valid description: %v", err)
	}
	for _, c := range []struct {
		reason string
		spoil  func(d *abi.Description)
		want   []string
	}{
		{"names are DNS labels, since they become part of names in the API",
			func(d *abi.Description) { d.Name, d.Controllers[0].Name = "My Plugin", "-a" },
			[]string{`name: "My Plugin" is no DNS label`, `controller "-a": name: is no DNS label`}},
		{"without controllers there is nothing to do",
			func(d *abi.Description) { d.Controllers = nil },
			[]string{"controllers: none, expected one at least"}},
		{"a feature may change the meaning of everything",
			func(d *abi.Description) { d.Features = 2 },
			[]string{"features: 0x2 are not known to this host"}},
		{"settings are a record",
			func(d *abi.Description) { d.Settings = &record.Shape{Kind: record.String} },
			[]string{"settings: shape: must be a struct that is not optional"}},
		{"metrics and queues go by the controller's name",
			func(d *abi.Description) { d.Controllers[1].Name = "a" },
			[]string{`controller "a": name: is used twice`}},
		{"requests are keys of one resource",
			func(d *abi.Description) {
				d.Controllers[0].Watches[1] = abi.Watch{Mapping: abi.MapFor}
				d.Controllers[1].Watches = nil
			},
			[]string{
				`controller "a": watches: 2 of mapping for, expected exactly one`,
				`controller "b": watches: 0 of mapping for, expected exactly one`,
			}},
		{"one key of its own or keys of objects, not both",
			func(d *abi.Description) {
				d.Controllers[0].Watches[1] = abi.Watch{Mapping: abi.MapSingleton}
				d.Controllers[2].Watches = append(d.Controllers[2].Watches, abi.Watch{Mapping: abi.MapFor}, abi.Watch{Mapping: abi.MapGuest})
			},
			[]string{
				`controller "a": watch 1: mapping: is singleton, which is not for a controller with singleton=false`,
				`controller "c": watch 1: mapping: is for, which is not for a controller with singleton=true`,
				`controller "c": watch 2: mapping: is guest, which is not for a controller with singleton=true`,
			}},
		{"any resource is any in every respect",
			func(d *abi.Description) {
				d.Resources[2] = abi.Resource{Group: "*", Version: "v1", Resource: "*", Kind: "Pod", Writes: []string{"delete"}}
			},
			[]string{
				`resource */v1/*: version: "v1" in the group "*", expected it to be any as well`,
				`resource */v1/*: kind: "Pod" in the group "*", expected it to be any as well`,
				`controller "b": watch 3 (*/v1/*): mapping: is all, a watch of any resource is for`,
			}},
		{"any resource is watched for its owners, and for nothing else",
			func(d *abi.Description) {
				d.Resources[2] = abi.Resource{Group: "*", Version: "*", Resource: "*", Kind: "*"}
				d.Controllers[1].Watches = []abi.Watch{{Resource: 2, Mapping: abi.MapFor}, {Resource: 0, Mapping: abi.MapAll}}
			},
			[]string{
				`controller "b": watch 0 (*/*/*): resource: has no projection, a watch of any resource needs metadata.ownerReferences and metadata.deletionTimestamp`,
				`controller "b": watch 1 (v1/services): mapping: wakes objects of v1/services, but the controller's keys are uids`,
			}},
		{"indexes are inside the list",
			func(d *abi.Description) { d.Controllers[0].Watches[1].Resource = 3 },
			[]string{`controller "a": watch 1: resource: index 3, 3 resources are described`}},
		{"a mapping of a later version cannot be guessed",
			func(d *abi.Description) {
				d.Controllers[0].Watches[1].Mapping = 9
				d.Controllers[0].Watches[2].Mapping = 0
			},
			[]string{
				`controller "a": watch 1: mapping: unknown number 9`,
				`controller "a": watch 2: mapping: unknown number 0`,
			}},
		{"mappings have the keys that they need, and no others",
			func(d *abi.Description) {
				d.Controllers[0].Watches[1].Key = "x"
				d.Controllers[0].Watches[2].Key = ""
				d.Controllers[1].Watches[1].Key = ""
				d.Controllers[1].Watches[2].Key = "spec..x"
			},
			[]string{
				`controller "a": watch 1: key: "x", mapping owns takes none`,
				`controller "a": watch 2: key: is empty, mapping selected-by needs one`,
				`controller "b": watch 1: key: is empty, mapping label needs one`,
				`controller "b": watch 2 (v1/services): key: "spec..x" is no path, expected names with dots between`,
			}},
		{"the selector is read from the primary object",
			func(d *abi.Description) { d.Controllers[0].Watches[2].Key = "spec.podSelector" },
			[]string{`controller "a": watch 2 (apps.example.com/v1beta1/pods): key: the projection of v1/services has no field spec.podSelector, which holds the selector`}},
		{"a name can only stand in a scalar",
			func(d *abi.Description) { d.Controllers[1].Watches[2].Key = "spec.selector" },
			[]string{`controller "b": watch 2 (v1/services): key: spec.selector is a map<string> in the projection, expected a string, a number or a bool`}},
		{"options stand beside the mapping that they are for",
			func(d *abi.Description) {
				d.Controllers[0].Watches[1].OrphansOnly = true
				d.Controllers[0].Watches[2].AnyOwner = true
			},
			[]string{
				`controller "a": watch 1: orphans_only: is for mapping selected-by, not owns`,
				`controller "a": watch 2: any_owner: is for mapping owns, not selected-by`,
			}},
		{"what wakes is read",
			func(d *abi.Description) {
				d.Controllers[0].Watches[2].Wake = shapeOf(t, "{status{phase string}}")
				d.Controllers[1].Watches[3].Wake = shapeOf(t, "{reason string}")
			},
			[]string{
				`controller "a": watch 2 (apps.example.com/v1beta1/pods): wake: {status{phase string}} is no part of the projection ` +
					`{metadata{labels map<string>},spec{nodeName string,priority int?,volumes list<string>}}`,
				`controller "b": watch 3 (v1/events): wake: the resource has no projection that it could be a part of`,
			}},
		{"conditions are about fields whose change wakes",
			func(d *abi.Description) {
				d.Controllers[0].Watches[2].Wake = shapeOf(t, "{spec{nodeName string}}")
				d.Controllers[0].Watches[2].Where = []abi.Condition{{Field: "spec.nodeName"}, {Field: "spec.priority"}, {Field: "spec"}, {}}
				d.Controllers[1].Watches[0].Where = []abi.Condition{{Field: "spec.volumes"}, {Field: "spec.volumes", Values: []string{"1"}}}
				d.Controllers[1].Watches[3].Where = []abi.Condition{{Field: "reason"}}
			},
			[]string{
				`controller "a": watch 2 (apps.example.com/v1beta1/pods): where: "spec.priority" is no scalar, list or map among the fields that wake`,
				`controller "a": watch 2 (apps.example.com/v1beta1/pods): where: "spec" is no scalar, list or map among the fields that wake`,
				`controller "a": watch 2 (apps.example.com/v1beta1/pods): where: "" is no scalar, list or map among the fields that wake`,
				`controller "b": watch 0 (apps.example.com/v1beta1/pods): where: "spec.volumes" is no scalar among the fields that wake, and has values`,
				`controller "b": watch 3 (v1/events): where: "reason" is no scalar, list or map among the fields that wake`,
			}},
		{"what spares stands where it means something",
			func(d *abi.Description) {
				d.Controllers[0].Watches[1].SameNamespace = true
				d.Controllers[0].Watches[2].LooseOnly = true
			},
			[]string{
				`controller "a": watch 1: same_namespace: is for mapping guest, not owns`,
				`controller "a": watch 2 (apps.example.com/v1beta1/pods): loose_only: is for a watch of any resource`,
			}},
		{"resources are named as in the API",
			func(d *abi.Description) {
				d.Resources[0].Group, d.Resources[0].Version, d.Resources[0].Resource, d.Resources[0].Kind = "a..b", "", "Pods", ""
			},
			[]string{
				`resource a..b//Pods: group: "a..b" is no DNS name`,
				`resource a..b//Pods: version: "" is no DNS label`,
				`resource a..b//Pods: resource: "Pods" is no plural name in lower case`,
				`resource a..b//Pods: kind: is empty`,
			}},
		{"operations name a resource by its index",
			func(d *abi.Description) { d.Resources[2].Resource = "services" },
			[]string{`resource v1/services: resource: is described twice`}},
		{"both sides must lay the fields out in the same way",
			func(d *abi.Description) {
				d.Resources[0].ProjectionHash = 1
				d.Resources[1].Projection.Fields[0], d.Resources[1].Projection.Fields[1] = d.Resources[1].Projection.Fields[1], d.Resources[1].Projection.Fields[0]
				d.Resources[2].ProjectionHash = 2
			},
			[]string{
				"resource v1/services: projection_hash: 0x0000000000000001, the projection's is 0x745f46fd5f00f412",
				"resource apps.example.com/v1beta1/pods: projection: shape: field metadata: not in canonical order",
				"resource v1/events: projection_hash: 0x0000000000000002 without a projection",
			}},
		{"an index finds by something",
			func(d *abi.Description) {
				d.Resources[1].Indexes = []abi.Index{
					{Kind: abi.IndexNone}, {Kind: 4}, {Kind: abi.IndexOwner, Key: "uid"}, {Kind: abi.IndexLabel},
					{Kind: abi.IndexField, Key: "spec.volumes"}, {Kind: abi.IndexLabel},
				}
				d.Resources[2].Indexes = []abi.Index{{Kind: abi.IndexOwner}}
			},
			[]string{
				"resource apps.example.com/v1beta1/pods: indexes: unknown kind 0",
				"resource apps.example.com/v1beta1/pods: indexes: unknown kind 4",
				"resource apps.example.com/v1beta1/pods: indexes: owner uid takes no key",
				"resource apps.example.com/v1beta1/pods: indexes: label needs a key",
				"resource apps.example.com/v1beta1/pods: indexes: spec.volumes is a list<string> in the projection, expected a string, a number or a bool",
				"resource apps.example.com/v1beta1/pods: indexes: label is declared twice",
				"resource v1/events: indexes: owner without a projection",
			}},
		{"a namespace's name in a URL leads into it",
			func(d *abi.Description) {
				d.Resources[2] = abi.Resource{Version: "v1", Resource: "namespaces", Kind: "Namespace",
					Writes: []string{"finalize/update", "secrets/create"}, Reads: []string{"status/get", "pods/get"}}
			},
			[]string{
				`resource v1/namespaces: writes: "secrets/create": leads to the objects in the namespace; describe secrets`,
				`resource v1/namespaces: reads: "pods/get": leads to the objects in the namespace; describe pods`,
			}},
		{"and so do old paths of the API",
			func(d *abi.Description) { d.Resources[0].Resource, d.Resources[2].Resource = "watch", "proxy" },
			[]string{
				`resource v1/watch: resource: is a path of the API that leads to other resources`,
				`resource v1/proxy: resource: is a path of the API that leads to other resources`,
			}},
		{"what is wanted could be granted",
			func(d *abi.Description) {
				d.HTTP = []abi.HTTP{{}, {Hosts: []string{"*.example.com", "https://x"}, Methods: []string{"get"}}}
				d.Sign, d.FieldManagers = []string{""}, []string{"a\nb"}
			},
			[]string{
				`sign[0]: got "", expected the name of a key of the host`,
				`fieldManagers[0]: got "a\nb", expected a field manager, 1 to 128 printable characters`,
				`http[0].hosts: expected one at least`,
				`http[1].hosts[1]: got "https://x": port "//x": expected a number from 1 to 65535`,
				`http[1].methods[0]: got "get", expected GET, HEAD, POST, PUT, PATCH, DELETE or the like`,
			}},
		{"grants are made of verbs",
			func(d *abi.Description) {
				d.Resources[0].Writes = []string{"Status/patch", "list", "", "status/deletecollection"}
				d.Resources[1].Reads = []string{"get", "scale/get", "scale/list", "../get", "watch"}
			},
			[]string{
				`resource v1/services: writes: "Status/patch": "Status" is no subresource`,
				`resource v1/services: writes: "list": unknown verb, expected one of create, update, patch, delete, deletecollection`,
				`resource v1/services: writes: "": unknown verb, expected one of create, update, patch, delete, deletecollection`,
				`resource v1/services: writes: "status/deletecollection": subresources have no deletecollection`,
				`resource apps.example.com/v1beta1/pods: reads: "scale/list": subresources have no list`,
				`resource apps.example.com/v1beta1/pods: reads: "../get": ".." is no subresource`,
				`resource apps.example.com/v1beta1/pods: reads: "watch": unknown verb, expected one of get, list`,
			}},
	} {
		d := description(t)
		c.spoil(d)
		var err *guest.DescriptionError
		if !errors.As(guest.Validate(d, whole), &err) {
			t.Errorf("%s: no error", c.reason)
			continue
		}
		if d := cmp.Diff(c.want, err.Problems); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, d)
		}
	}
}

// TestValidateImports: one controller of a module has the imports of all.
func TestValidateImports(t *testing.T) {
	info := &module.Info{
		Exports: []module.Function{{Name: abi.ExportMap}, {Name: abi.ExportConfigure}},
		Imports: []module.Function{{Module: abi.ImportModule, Name: "http"}, {Module: abi.ImportModule, Name: "sign"}},
	}
	if err := guest.Validate(description(t), info); err != nil {
		t.Errorf("Validate of a module that imports more than it asks for: %v", err)
	}
}

// TestValidateExports: what is described must also be there.
func TestValidateExports(t *testing.T) {
	err := guest.Validate(description(t), &module.Info{})
	if want := "describes itself wrongly: settings: the module exports no wcm_configure to take them; " +
		"controllers: a watch is mapped by the guest, but the module exports no wcm_map"; err == nil || err.Error() != want {
		t.Errorf("Validate without exports:\n got %v\nwant %s", err, want)
	}
}

// FuzzDescription: whatever a guest answers is valid or has problems, and
// nothing in between.
func FuzzDescription(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x0a\x07minimal2\x0d\x0a\x07minimal\x12\x02\x10\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d abi.Description
		if d.Decode(b) != nil {
			return
		}
		if err := guest.Validate(&d, nil); err == nil && len(d.Controllers) == 0 {
			t.Errorf("Validate(%+v) = nil, there is no controller", d)
		}
	})
}
