// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package servicelb

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestMain(m *testing.M) {
	Register()
	m.Run()
}

const pools = `{"pools":[
	{"name":"small","addresses":["192.0.2.10-192.0.2.11"]},
	{"name":"six","addresses":["2001:db8::/120"]},
	{"name":"dear","addresses":["198.51.100.0/30"],"autoAssign":false,"avoidBuggyIPs":true}]}`

// service is a Service of type LoadBalancer with parts of its annotations and
// its spec.
func service(name, annotations, spec string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"ns","name":%q,"annotations":{%s}},
		"spec":{"type":"LoadBalancer","ports":[{"port":80,"protocol":"TCP"}]%s}}`, name, annotations, spec)
}

func key(name string) sdk.Key { return sdk.Key{Namespace: "ns", Name: name} }

func newEnv(t *testing.T, settings string, objects ...any) *sdktest.Env {
	t.Helper()
	env := sdktest.New(t, objects...)
	if err := env.Configure(settings); err != nil {
		t.Fatal(err)
	}
	settle(t, env)
	return env
}

func settle(t *testing.T, env *sdktest.Env) {
	t.Helper()
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
}

// addressesOf returns what the Service has, or the message of its condition.
func addressesOf(o sdktest.Object) string {
	var all []string
	ingress, _ := o.Field("status.loadBalancer.ingress").([]any)
	for i := range ingress {
		all = append(all, o.Text(fmt.Sprintf("status.loadBalancer.ingress.%d.ip", i))+o.Text(fmt.Sprintf("status.loadBalancer.ingress.%d.hostname", i)))
	}
	if len(all) > 0 {
		return strings.Join(all, " ")
	}
	return o.Text("status.conditions.0.message")
}

func TestAssign(t *testing.T) {
	held := func(name, address, annotations string) string {
		return strings.Replace(service(name, annotations, ""), `"spec":`, `"status":{"loadBalancer":{"ingress":[{"ip":"`+address+`"}]}},"spec":`, 1)
	}
	const failed = "Failed to allocate IP: "
	const share = `"metallb.io/allow-shared-ip":"k"`
	tests := map[string]struct {
		others  []any
		service string
		want    string
	}{
		"First":          {nil, service("s", "", ""), "192.0.2.10"},
		"Next":           {[]any{held("a", "192.0.2.10", "")}, service("s", "", ""), "192.0.2.11"},
		"Exhausted":      {[]any{held("a", "192.0.2.10", ""), held("b", "192.0.2.11", "")}, service("s", "", ""), failed + "no free IPv4 address in pool small, six"},
		"Kept":           {nil, held("s", "192.0.2.11", ""), "192.0.2.11"},
		"NoLongerInPool": {nil, held("s", "203.0.113.1", ""), "192.0.2.10"},
		"HeldTwice":      {[]any{strings.Replace(held("a", "192.0.2.10", ""), `"name"`, `"creationTimestamp":"2020-01-01T00:00:00Z","name"`, 1)}, held("s", "192.0.2.10", ""), "192.0.2.11"},
		"IPv6":           {nil, service("s", "", `,"ipFamilies":["IPv6"]`), "2001:db8::"},
		"DualStack":      {nil, service("s", "", `,"ipFamilies":["IPv6","IPv4"],"ipFamilyPolicy":"RequireDualStack"`), "2001:db8:: 192.0.2.10"},
		"HalfRequired": {[]any{held("a", "192.0.2.10", ""), held("b", "192.0.2.11", "")},
			service("s", "", `,"ipFamilies":["IPv4","IPv6"],"ipFamilyPolicy":"RequireDualStack"`), failed + "no free IPv4 address in pool small, six"},
		"HalfPreferred": {[]any{held("a", "192.0.2.10", ""), held("b", "192.0.2.11", "")},
			service("s", "", `,"ipFamilies":["IPv4","IPv6"],"ipFamilyPolicy":"PreferDualStack"`), "2001:db8::"},
		"Pool":        {nil, service("s", `"metallb.io/address-pool":"dear"`, ""), "198.51.100.1"},
		"PoolLeft":    {nil, held("s", "192.0.2.10", `"metallb.io/address-pool":"dear"`), "198.51.100.1"},
		"NoPool":      {nil, service("s", `"metallb.io/address-pool":"x"`, ""), failed + "there is no pool x"},
		"Request":     {nil, service("s", "", `,"loadBalancerIP":"192.0.2.11"`), "192.0.2.11"},
		"RequestPool": {nil, service("s", "", `,"loadBalancerIP":"198.51.100.2"`), "198.51.100.2"},
		"RequestBoth": {nil, service("s", `"metallb.io/loadBalancerIPs":"192.0.2.11, 2001:db8::7"`, `,"ipFamilies":["IPv4","IPv6"]`), "192.0.2.11 2001:db8::7"},
		"RequestChanged": {nil, strings.Replace(held("s", "192.0.2.10", ""), `"type"`, `"loadBalancerIP":"192.0.2.11","type"`, 1),
			"192.0.2.11"},
		"RequestTaken":     {[]any{held("a", "192.0.2.11", "")}, service("s", "", `,"loadBalancerIP":"192.0.2.11"`), failed + "192.0.2.11 is in use by another service"},
		"RequestNoAddress": {nil, service("s", "", `,"loadBalancerIP":"x"`), failed + "x is not an IP address"},
		"RequestOutside":   {nil, service("s", "", `,"loadBalancerIP":"203.0.113.1"`), failed + "203.0.113.1 is not in pool small, six, dear"},
		"RequestFamily":    {nil, service("s", "", `,"loadBalancerIP":"2001:db8::1"`), failed + "the service asks for 2001:db8::1 and is not of the family IPv6"},
		"RequestTwice":     {nil, service("s", `"metallb.io/loadBalancerIPs":"192.0.2.10,192.0.2.11"`, ""), failed + "the service asks for two IPv4 addresses, expected one"},
		"Shared": {[]any{strings.Replace(held("a", "192.0.2.11", share), `"port":80`, `"port":81`, 1)},
			service("s", share, `,"loadBalancerIP":"192.0.2.11"`), "192.0.2.11"},
		"SharedPort": {[]any{held("a", "192.0.2.11", share)}, service("s", share, `,"loadBalancerIP":"192.0.2.11"`), failed + "192.0.2.11 is in use by another service"},
		"SharedLocal": {[]any{strings.Replace(held("a", "192.0.2.11", share), `"port":80`, `"port":81`, 1)},
			service("s", share, `,"loadBalancerIP":"192.0.2.11","externalTrafficPolicy":"Local"`), failed + "192.0.2.11 is in use by another service"},
		"OtherClass": {nil, service("s", "", `,"loadBalancerClass":"x"`), ""},
		"ClusterIP":  {nil, strings.Replace(service("s", "", ""), "LoadBalancer", "ClusterIP", 1), ""},
		"HeldByOtherClass": {[]any{strings.Replace(held("a", "192.0.2.10", ""), `"type"`, `"loadBalancerClass":"x","type"`, 1)},
			service("s", "", ""), "192.0.2.10"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			env := newEnv(t, pools, append(tt.others, tt.service)...)
			o := env.Get("Service", key("s"))
			if got := addressesOf(o); got != tt.want {
				t.Errorf("addresses, or the condition's message: got %q, want %q", got, tt.want)
			}
			if got := o.Text("metadata.finalizers") == "["+finalizer+"]"; got != (tt.want != "") {
				t.Errorf("finalizers: got %s, want ours: %v", o.Text("metadata.finalizers"), tt.want != "")
			}
		})
	}
}

func TestClass(t *testing.T) {
	env := newEnv(t, strings.Replace(pools, "{", `{"loadBalancerClass":"ours",`, 1),
		service("ours", "", `,"loadBalancerClass":"ours"`), service("default", "", ""))
	if got := addressesOf(env.Get("Service", key("ours"))); got != "192.0.2.10" {
		t.Errorf("address of the class: got %q, want 192.0.2.10", got)
	}
	if got := addressesOf(env.Get("Service", key("default"))); got != "" {
		t.Errorf("address of a service without class: got %q, want none", got)
	}
}

// TestRelease frees addresses in each way, and has a service wait for them.
func TestRelease(t *testing.T) {
	for name, free := range map[string]func(env *sdktest.Env){
		"Deleted": func(env *sdktest.Env) { env.Delete("Service", key("a")) },
		"TypeChanged": func(env *sdktest.Env) { // the API server clears the status
			env.Patch("Service", key("a"), `{"spec":{"type":"ClusterIP"},"status":{"loadBalancer":{"ingress":null}}}`)
		},
		"MovedAway": func(env *sdktest.Env) {
			env.Patch("Service", key("a"), `{"metadata":{"annotations":{"metallb.io/address-pool":"dear"}}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := newEnv(t, pools, service("a", "", ""), service("b", "", ""), service("c", "", ""))
			if got := addressesOf(env.Get("Service", key("c"))); !strings.Contains(got, "no free") {
				t.Fatalf("third service: got %q, want none to be free", got)
			}
			free(env)
			settle(t, env)
			if got := addressesOf(env.Get("Service", key("c"))); got != "192.0.2.10" {
				t.Errorf("the service that waited: got %q, want 192.0.2.10", got)
			}
			a := env.Get("Service", key("a"))
			if name == "Deleted" && a != nil {
				t.Errorf("the deleted service: got %v, want it gone", a)
			}
			if name == "TypeChanged" && (len(a.Text("metadata.finalizers")) > len("[]") || addressesOf(a) != "") {
				t.Errorf("the service without load balancer: got %v, want no finalizer, address and condition", a)
			}
		})
	}
}

func TestReports(t *testing.T) {
	env := newEnv(t, `{"pools":[{"name":"p","addresses":["192.0.2.1/32"]}]}`, service("a", "", ""), service("b", "", ""))
	env.Delete("Service", key("a"))
	settle(t, env)
	var got []string
	for _, e := range env.Events() {
		got = append(got, fmt.Sprintf("%s %s %s %s: %s", e.Source, e.Key.Name, e.Type, e.Reason, e.Message))
	}
	want := []string{
		"service-controller a Normal EnsuredLoadBalancer: Ensured load balancer",
		"service-controller b Warning AllocationFailed: Failed to allocate IP: no free IPv4 address in pool p",
		"service-controller a Normal DeletingLoadBalancer: Deleting load balancer",
		"service-controller a Normal DeletedLoadBalancer: Deleted load balancer",
		"service-controller b Normal EnsuredLoadBalancer: Ensured load balancer",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	condition := env.Get("Service", key("b"))
	if condition.Text("status.conditions.0.type") != conditionProvisioned || condition.Text("status.conditions.0.status") != "True" {
		t.Errorf("conditions: got %v, want %s=True", condition.Field("status.conditions"), conditionProvisioned)
	}
}

func TestSettings(t *testing.T) {
	pool := func(addresses string) string { return `{"pools":[{"name":"a","addresses":[` + addresses + `]}]}` }
	tests := map[string]struct{ settings, want string }{
		"Good":       {pools, ""},
		"Endpoint":   {`{"endpoint":"https://lb.example.com/"}`, ""},
		"Both":       {`{"endpoint":"https://lb.example.com","pools":[{"name":"a","addresses":["192.0.2.0/24"]}]}`, "pools and endpoint are both given"},
		"NoURL":      {`{"endpoint":"lb.example.com"}`, `endpoint is "lb.example.com", expected a URL`},
		"Timeout":    {`{"timeout":"0s"}`, `timeout is "0s", expected a duration`},
		"NoName":     {`{"pools":[{"addresses":["192.0.2.0/24"]}]}`, "pools[0]: name is empty"},
		"NoAddress":  {pool(""), "pools[0]: a has no addresses"},
		"NoRange":    {pool(`"192.0.2.300"`), `pools[0]: a: got addresses "192.0.2.300", expected`},
		"Backwards":  {pool(`"192.0.2.2-192.0.2.1"`), "expected 192.0.2.0/24"},
		"TwoKinds":   {pool(`"192.0.2.2-2001:db8::"`), "expected 192.0.2.0/24"},
		"SameName":   {`{"pools":[{"name":"a","addresses":["192.0.2.0/24"]},{"name":"a","addresses":["192.0.3.0/24"]}]}`, "pools[1]: the name a is given twice"},
		"Overlap":    {`{"pools":[{"name":"a","addresses":["192.0.2.0/24"]},{"name":"b","addresses":["192.0.0.0/16"]}]}`, "pools[1]: b has addresses of a: 192.0.0.0-192.0.255.255"},
		"OneAddress": {pool(`"192.0.2.7-192.0.2.7"`), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := sdktest.New(t).Configure(tt.settings)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Configure: got %v, want %q", err, tt.want)
			}
		})
	}
}
