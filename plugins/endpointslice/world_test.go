// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpointslice

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestMain(m *testing.M) {
	Register()
	os.Exit(m.Run())
}

var webKey = sdk.Key{Namespace: "default", Name: "web"}

// service is the service web, which selects app=web.
const service = `{
		"apiVersion": "v1", "kind": "Service",
		"metadata": {"namespace": "default", "name": "web", "uid": "web-1", "creationTimestamp": "2029-12-31T23:00:00Z", "labels": {"tier": "front"}},
		"spec": {"clusterIP": "10.96.0.1", "ipFamilies": ["IPv4"], "selector": {"app": "web"},
			"ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]}
	}`

// pod is a ready pod of the service web on node n1.
func pod(name, ips string) string {
	return fmt.Sprintf(`{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": {"namespace": "default", "name": %q, "uid": "uid-%s", "labels": {"app": "web"}},
		"spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "nginx"}]},
		"status": {"phase": "Running", "podIPs": [%s],
			"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2030-01-01T00:00:00Z"}]}
	}`, name, name, ipsOf(ips))
}

func ipsOf(ips string) string {
	var list []string
	for ip := range strings.FieldsSeq(ips) {
		list = append(list, fmt.Sprintf(`{"ip": %q}`, ip))
	}
	return strings.Join(list, ",")
}

const node = `{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": {"topology.kubernetes.io/zone": "z1"}}}`

// world is an environment with the questions that the tests ask.
type world struct {
	*sdktest.Env
	t *testing.T
}

func newWorld(t *testing.T, objects ...any) *world {
	return &world{sdktest.New(t, append([]any{node}, objects...)...), t}
}

func (w *world) settle() {
	w.t.Helper()
	if err := w.Settle(); err != nil {
		w.t.Fatalf("Settle: %v", err)
	}
}

// slices returns the slices as lines, sorted: address type, ports, endpoints.
func (w *world) slices() []string {
	var lines []string
	for _, o := range w.List("EndpointSlice") {
		var s backend.Slice
		if err := sdk.Raw(o.JSON()).Decode(&s); err != nil {
			w.t.Fatal(err)
		}
		lines = append(lines, lineOf(&s))
	}
	slices.Sort(lines)
	return lines
}

func lineOf(s *backend.Slice) string {
	words := []string{s.AddressType}
	for _, p := range s.Ports {
		words = append(words, strings.Trim(fmt.Sprintf("%s:%d/%s %s", p.Name, p.Port, p.Protocol, p.AppProtocol), " "))
	}
	for _, e := range s.Endpoints {
		words = append(words, "["+endpointLine(&e)+"]")
	}
	return strings.Join(words, " ")
}

func endpointLine(e *backend.Endpoint) string {
	words := []string{strings.Join(e.Addresses, ",")}
	for name, condition := range map[string]*bool{"1ready": e.Conditions.Ready, "2serving": e.Conditions.Serving, "3terminating": e.Conditions.Terminating} {
		if condition != nil && *condition {
			words = append(words, name)
		}
	}
	slices.Sort(words[1:])
	for i := range words[1:] {
		words[i+1] = words[i+1][1:]
	}
	for _, detail := range []string{"host=" + e.Hostname, "node=" + e.NodeName, "zone=" + e.Zone} {
		if !strings.HasSuffix(detail, "=") {
			words = append(words, detail)
		}
	}
	if e.Hints != nil {
		words = append(words, fmt.Sprintf("hints=%v%v", e.Hints.ForZones, e.Hints.ForNodes))
	}
	return strings.Join(words, " ")
}

func (w *world) want(lines ...string) {
	w.t.Helper()
	if diff := cmp.Diff(lines, w.slices()); diff != "" {
		w.t.Errorf("slices (-want +got):\n%s", diff)
	}
}

// writes counts the writes since the last call, "create:1 patch:2" for example.
func (w *world) writes(since *int) string {
	counts := map[string]int{}
	all := w.Writes()
	for _, o := range all[*since:] {
		counts[o.Op.String()]++
	}
	*since = len(all)
	return strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(counts), "map["), "]")
}
