// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpoints

import (
	"fmt"
	"os"
	"strings"
	"testing"

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
	var list []string
	for ip := range strings.FieldsSeq(ips) {
		list = append(list, fmt.Sprintf(`{"ip": %q}`, ip))
	}
	return fmt.Sprintf(`{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": {"namespace": "default", "name": %q, "uid": "uid-%s", "labels": {"app": "web"}},
		"spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "nginx"}]},
		"status": {"phase": "Running", "podIPs": [%s],
			"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2030-01-01T00:00:00Z"}]}
	}`, name, name, strings.Join(list, ","))
}

// world is an environment with the questions that the tests ask.
type world struct {
	*sdktest.Env
	t *testing.T
}

func newWorld(t *testing.T, objects ...any) *world { return &world{sdktest.New(t, objects...), t} }

func (w *world) settle() {
	w.t.Helper()
	if err := w.Settle(); err != nil {
		w.t.Fatalf("Settle: %v", err)
	}
}

// line returns the Endpoints of the service as text: "10.0.0.1 !10.0.0.2 at
// http:80/TCP" for one address that is ready and one that is not. There are
// none if it is "none".
func (w *world) line() string {
	o := w.Get("Endpoints", webKey)
	if o == nil {
		return "none"
	}
	var e Endpoints
	if err := sdk.Raw(o.JSON()).Decode(&e); err != nil {
		w.t.Fatal(err)
	}
	var parts []string
	for _, s := range e.Subsets {
		var words []string
		for _, a := range s.Addresses {
			words = append(words, addressLine(&a))
		}
		for _, a := range s.NotReadyAddresses {
			words = append(words, "!"+addressLine(&a))
		}
		words = append(words, "at")
		for _, p := range s.Ports {
			words = append(words, strings.Trim(fmt.Sprintf("%s:%d/%s %s", p.Name, p.Port, p.Protocol, p.AppProtocol), " "))
		}
		parts = append(parts, strings.Join(words, " "))
	}
	return strings.Join(parts, "; ")
}

func addressLine(a *backend.Address) string {
	if a.Hostname != "" {
		return a.IP + "=" + a.Hostname
	}
	return a.IP
}

// writes counts the writes since the last call, "create:1" for example.
func (w *world) writes(since *int) string {
	counts := map[string]int{}
	all := w.Writes()
	for _, o := range all[*since:] {
		counts[o.Op.String()]++
	}
	*since = len(all)
	return strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(counts), "map["), "]")
}
