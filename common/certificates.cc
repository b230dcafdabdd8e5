#include "common/certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "absl/strings/str_cat.h"
#include "common/durable_file.h"
#include "common/openssl_pointers.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr int kSerialBits = 120;  // random serials of this length do not meet (RFC 5280 allows 20 octets)
constexpr long kX509Version3 = 2;

struct Signed {
  KeyPointer key;
  CertificatePointer certificate;
};

absl::Status Failed(const char* what) {
  char cause[256] = "";
  ::ERR_error_string_n(::ERR_get_error(), cause, sizeof(cause));
  ::ERR_clear_error();
  return absl::InternalError(absl::StrCat("OpenSSL cannot ", what, ": ", cause));
}

bool SetSerial(X509* certificate) {
  const std::unique_ptr<BIGNUM, OpensslFree<BN_free>> serial(::BN_new());
  return ::BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         ::BN_to_ASN1_INTEGER(serial.get(), ::X509_get_serialNumber(certificate)) != nullptr;
}

bool SetName(X509_NAME* name, const std::string& common_name) {
  return ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(common_name.data()),
                                      static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  ::X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPointer extension(::X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && ::X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool AddExtensions(X509* certificate, X509* issuer, bool authority) {
  if (!AddExtension(certificate, issuer, NID_subject_key_identifier, "hash")) return false;
  if (authority) {
    return AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           AddExtension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  }
  return AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid") &&
         AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
         AddExtension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
         AddExtension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
         AddExtension(certificate, issuer, NID_subject_alt_name, absl::StrCat("DNS:", kNodeName));
}

// `signer` null: an authority, which signs itself.
absl::StatusOr<Signed> Sign(const Signed* signer, const std::string& name, absl::Time begin, absl::Time end) {
  Signed made = {KeyPointer(EVP_EC_gen("P-256")), CertificatePointer(::X509_new())};
  if (made.key == nullptr || made.certificate == nullptr) return Failed("make a key");
  X509* const certificate = made.certificate.get();
  const Signed& issuer = signer == nullptr ? made : *signer;
  const bool filled =
      ::X509_set_version(certificate, kX509Version3) == 1 && SetSerial(certificate) &&
      SetName(::X509_get_subject_name(certificate), name) &&
      ::X509_set_issuer_name(certificate, ::X509_get_subject_name(issuer.certificate.get())) == 1 &&
      ::ASN1_TIME_set(::X509_getm_notBefore(certificate), absl::ToTimeT(begin)) != nullptr &&
      ::ASN1_TIME_set(::X509_getm_notAfter(certificate), absl::ToTimeT(end)) != nullptr &&
      ::X509_set_pubkey(certificate, made.key.get()) == 1 &&
      AddExtensions(certificate, issuer.certificate.get(), signer == nullptr);
  if (!filled) return Failed("fill in a certificate");
  if (::X509_sign(certificate, issuer.key.get(), ::EVP_sha256()) == 0) return Failed("sign a certificate");
  return made;
}

std::string Contents(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return std::string(bytes, size);
}

std::string CertificatePem(X509* certificate) {
  const BioPointer bio(::BIO_new(::BIO_s_mem()));
  return ::PEM_write_bio_X509(bio.get(), certificate) == 1 ? Contents(bio.get()) : "";
}

std::string KeyPem(EVP_PKEY* key) {
  const BioPointer bio(::BIO_new(::BIO_s_mem()));
  const bool written = ::PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  return written ? Contents(bio.get()) : "";
}

}  // namespace

absl::StatusOr<std::vector<TlsIdentity>> MakeTlsIdentities(int nodes, absl::Time begin, absl::Time end) {
  EK_ASSIGN_OR_RETURN(const Signed authority, Sign(nullptr, "Evenkeel cluster authority", begin, end));
  std::vector<TlsIdentity> identities;
  for (int i = 0; i < nodes; ++i) {
    EK_ASSIGN_OR_RETURN(const Signed node,
                        Sign(&authority, absl::StrCat("Evenkeel node ", i + 1), begin, end));
    identities.push_back({CertificatePem(authority.certificate.get()), CertificatePem(node.certificate.get()),
                          KeyPem(node.key.get())});
    EK_RETURN_IF_ERROR(CheckTlsIdentity(identities.back(), "(new)", begin));
  }
  return identities;
}

absl::Status WriteTlsIdentity(const TlsIdentity& identity, const std::string& folder) {
  EK_RETURN_IF_ERROR(MakeFolders(folder));
  EK_RETURN_IF_ERROR(WriteFileDurably(folder + "/ca.crt", identity.authority));
  EK_RETURN_IF_ERROR(WriteFileDurably(folder + "/node.crt", identity.certificate));
  return WriteFileDurably(folder + "/node.key", identity.key, /*mode=*/0600);
}

}  // namespace evenkeel
