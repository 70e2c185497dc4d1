// Products of warpgroups.
#include "deferred.h"
#include "device-host.h"

namespace host {
namespace {

struct OwnProduct {
  ProductWork work;
  Product product;
};

Deferred<OwnProduct> products;

}  // namespace

void forgetProducts() { products.forget(); }

void deferProduct(ProductWork work, const Product& product) { products.add({work, product}); }

void commitProducts() { products.commit(); }

void waitForProducts(uint32_t groupsLeft) {
  products.wait(groupsLeft, [](const OwnProduct& own) { own.work(own.product); });
}

}  // namespace host
