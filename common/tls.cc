#include "common/tls.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <time.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/durable_file.h"
#include "common/openssl_pointers.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr char kAuthorityFile[] = "ca.crt";
constexpr char kCertificateFile[] = "node.crt";
constexpr char kKeyFile[] = "node.key";
constexpr char kMakeNew[] = "; `evenkeel certs DIR` makes a new set";

// A chain of a node and of the authority; more is no certificate file.
constexpr size_t kMaxCertificates = 16;
constexpr off_t kMaxFileBytes = 1 << 20;

absl::Status Wrong(const std::string& path, absl::string_view what) {
  ::ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat("TLS: ", path, " ", what));
}

BioPointer Reader(const std::string& pem) {
  return BioPointer(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// Without it OpenSSL would ask for a passphrase on the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

absl::StatusOr<std::vector<CertificatePointer>> ParseCertificates(const std::string& pem,
                                                                  const std::string& path) {
  const BioPointer reader = Reader(pem);
  std::vector<CertificatePointer> certificates;
  while (certificates.size() <= kMaxCertificates) {
    CertificatePointer certificate(::PEM_read_bio_X509(reader.get(), nullptr, NoPassphrase, nullptr));
    if (certificate == nullptr) break;
    certificates.push_back(std::move(certificate));
  }
  const bool at_end = ERR_GET_REASON(::ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ::ERR_clear_error();
  if (certificates.size() > kMaxCertificates) {
    return Wrong(path, absl::StrCat("holds more than ", kMaxCertificates, " certificates"));
  }
  if (certificates.empty() || !at_end) {
    return Wrong(path, absl::StrCat("is not a PEM certificate (-----BEGIN CERTIFICATE-----)", kMakeNew));
  }
  return certificates;
}

absl::StatusOr<KeyPointer> ParseKey(const std::string& pem, const std::string& path) {
  KeyPointer key(::PEM_read_bio_PrivateKey(Reader(pem).get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    return Wrong(path,
                 absl::StrCat("is not a PEM private key without a passphrase (-----BEGIN PRIVATE KEY-----)",
                              kMakeNew));
  }
  return key;
}

// The infinite past if OpenSSL cannot read its own field.
absl::Time ToTime(const ASN1_TIME* time) {
  tm fields = {};
  if (time == nullptr || ::ASN1_TIME_to_tm(time, &fields) != 1) return absl::InfinitePast();
  return absl::FromTM(fields, absl::UTCTimeZone());
}

std::string Date(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

absl::Status CheckDates(const X509* certificate, const std::string& path, absl::Time now) {
  const absl::Time begin = ToTime(::X509_get0_notBefore(certificate));
  const absl::Time end = ToTime(::X509_get0_notAfter(certificate));
  if (now >= end) return Wrong(path, absl::StrCat("expired on ", Date(end), kMakeNew));
  if (now < begin) {
    return Wrong(
        path, absl::StrCat("is valid only from ", Date(begin), " on; this machine's clock says ", Date(now)));
  }
  return absl::OkStatus();
}

absl::Status CheckSigned(const std::vector<CertificatePointer>& authority,
                         const std::vector<CertificatePointer>& chain, const std::string& path,
                         absl::Time now) {
  const StorePointer store(::X509_STORE_new());
  for (const CertificatePointer& trusted : authority) ::X509_STORE_add_cert(store.get(), trusted.get());
  STACK_OF(X509)* const between = sk_X509_new_null();
  for (size_t i = 1; i < chain.size(); ++i) sk_X509_push(between, chain[i].get());
  const StoreContextPointer context(::X509_STORE_CTX_new());
  ::X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(), between);
  ::X509_STORE_CTX_set_time(context.get(), 0, absl::ToTimeT(now));
  const bool verified = ::X509_verify_cert(context.get()) == 1;
  const std::string cause = ::X509_verify_cert_error_string(::X509_STORE_CTX_get_error(context.get()));
  sk_X509_free(between);
  if (verified) return absl::OkStatus();
  return Wrong(path, absl::StrCat("was not signed by the authority in ", kAuthorityFile, " (", cause,
                                  "); use files of one set", kMakeNew));
}

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) == 0 && info.st_size > kMaxFileBytes) {
    return Wrong(path, absl::StrCat("is larger than ", kMaxFileBytes, " bytes, so no PEM file of ours"));
  }
  absl::StatusOr<std::string> pem = ReadFile(path);
  if (pem.ok()) return pem;
  return absl::Status(pem.status().code(),
                      absl::StrCat("TLS: ", pem.status().message(), "; a TLS folder holds ", kAuthorityFile,
                                   ", ", kCertificateFile, " and ", kKeyFile, kMakeNew));
}

absl::Status CheckPrivate(const std::string& path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0 || (info.st_mode & 077) == 0) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("TLS: ", path, " can be read by other users; do: chmod 600 ", path));
}

}  // namespace

absl::Status CheckTlsIdentity(const TlsIdentity& identity, const std::string& folder, absl::Time now) {
  const std::string authority_path = absl::StrCat(folder, "/", kAuthorityFile);
  const std::string certificate_path = absl::StrCat(folder, "/", kCertificateFile);
  const std::string key_path = absl::StrCat(folder, "/", kKeyFile);
  EK_ASSIGN_OR_RETURN(const auto authority, ParseCertificates(identity.authority, authority_path));
  EK_ASSIGN_OR_RETURN(const auto chain, ParseCertificates(identity.certificate, certificate_path));
  EK_ASSIGN_OR_RETURN(const KeyPointer key, ParseKey(identity.key, key_path));
  if (::X509_check_private_key(chain[0].get(), key.get()) != 1) {
    return Wrong(key_path,
                 absl::StrCat("does not belong to ", certificate_path, "; use files of one set", kMakeNew));
  }
  for (const auto& certificate : authority)
    EK_RETURN_IF_ERROR(CheckDates(certificate.get(), authority_path, now));
  for (const auto& certificate : chain)
    EK_RETURN_IF_ERROR(CheckDates(certificate.get(), certificate_path, now));
  EK_RETURN_IF_ERROR(CheckSigned(authority, chain, certificate_path, now));
  if (::X509_check_host(chain[0].get(), kNodeName, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) != 1) {
    return Wrong(certificate_path, absl::StrCat("does not carry the DNS name ", kNodeName,
                                                " as a subject alternative name", kMakeNew));
  }
  return absl::OkStatus();
}

absl::StatusOr<TlsIdentity> LoadTlsIdentity(const std::string& folder, absl::Time now) {
  TlsIdentity identity;
  EK_ASSIGN_OR_RETURN(identity.authority, ReadPem(absl::StrCat(folder, "/", kAuthorityFile)));
  EK_ASSIGN_OR_RETURN(identity.certificate, ReadPem(absl::StrCat(folder, "/", kCertificateFile)));
  EK_ASSIGN_OR_RETURN(identity.key, ReadPem(absl::StrCat(folder, "/", kKeyFile)));
  EK_RETURN_IF_ERROR(CheckPrivate(absl::StrCat(folder, "/", kKeyFile)));
  EK_RETURN_IF_ERROR(CheckTlsIdentity(identity, folder, now));
  return identity;
}

absl::StatusOr<absl::Time> TlsIdentityEnd(const TlsIdentity& identity) {
  EK_ASSIGN_OR_RETURN(const auto chain, ParseCertificates(identity.certificate, kCertificateFile));
  return ToTime(::X509_get0_notAfter(chain[0].get()));
}

}  // namespace evenkeel
